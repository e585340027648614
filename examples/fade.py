"""Find failures, fine-tune on them, look again: the whole loop in Python. Some minutes on two cores, no network."""

import gymnasium as gym

import failscape as fs


def main() -> None:
    """Prints what was found, what was mitigated and what it cost; writes a page and an audit."""
    envs = gym.make_vec("failscape/Classifier-v0", num_envs=32)
    run = fs.explore(envs, explorer="dqn", budget=20_000, seed=0)
    modes = run.modes()  # a DataFrame: one row per failure mode, rates are of held-out items
    print(modes.loc[modes["confirmed"], ["rule", "rate", "low", "high"]].round(2).to_string())

    # People may say first which failures matter: failscape feedback RUN
    faded = fs.fade(run, method="lora")  # fine-tunes, explores again with a fresh agent, compares
    print(faded.uri)
    for effect in (faded.versions.found.targeted, faded.versions.found.untouched, faded.versions.found.clean):
        print(f"{effect.what}: {effect.before:.1%} → {effect.after:.1%} ({100 * effect.change:+.1f} points)")
    for shift in faded.versions.shifts:
        print(f"{shift.what}: {shift.value:.3g} {shift.unit}", "significant" if shift.significant else "")
    print(faded.versions.report("before-after.html"))
    print(fs.audit(run, faded.runs[0]))


if __name__ == "__main__":
    main()
