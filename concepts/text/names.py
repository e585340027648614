"""Names of people, places and the like: which kind a name is of, and others of that kind."""

from __future__ import annotations

from functools import cache

from failscape.concepts.text.inflection import cased_like

_WOMEN = (
    "Alice Amanda Amy Andrea Angela Anna Anne Barbara Carol Catherine Charlotte Christine Claire Deborah Diana Elena "
    "Elizabeth Emily Emma Eva Fiona Grace Hannah Helen Irene Jane Jean Jennifer Jessica Joan Julia Karen Kate Laura "
    "Linda Lisa Lucy Margaret Maria Mary Megan Michelle Nancy Natalie Nicole Nora Olivia Patricia Rachel Rebecca Rosa "
    "Ruth Sandra Sarah Sophie Susan Teresa Theresa Victoria Zoe"
)
_MEN = (
    "Aaron Adam Alan Andrew Anthony Ben Benjamin Brian Carl Charles Chris Colin Daniel David Donald Edward Eric Frank "
    "Gary George Graham Harry Henry Ian Jack Jacob James Jason Jim John Jonathan Joseph Kevin Leo Luke Mark Martin "
    "Matthew Michael Oscar Paul Peter Philip Ralph Richard Robert Roger Samuel Sean Simon Stephen Steven Thomas Tim "
    "Victor Walter William"
)
_LAST = (
    "Abbott Ashdown Barlow Bennett Birch Blackwood Brennan Calloway Carver Chadwick Coleman Conway Dalton Drummond "
    "Ellery Fairbanks Farrow Fenwick Garland Gilmore Granger Hadley Halloran Harwood Holloway Huxley Ingram Jarvis "
    "Kendrick Kessler Lambert Langley Lockhart Mallory Marlowe Merrick Norwood Oakley Osborne Penrose Quimby Radford "
    "Rowland Sheldon Sinclair Stanton Thackeray Underhill Vickers Wakefield Weaver Whitaker Winslow Yardley"
)
_PLACES = (
    "Aberdeen Afghanistan Africa Alabama Alaska America Amsterdam Argentina Arizona Asia Athens Atlanta Australia "
    "Austria Baghdad Bangkok Barcelona Beijing Beirut Belfast Belgium Berlin Birmingham Boston Brazil Bristol "
    "Britain Brussels Budapest Bulgaria Cairo California Canada Cardiff Chicago Chile China Colombia Colorado "
    "Copenhagen Cuba Dallas Delhi Denmark Denver Detroit Dublin Edinburgh Egypt England Ethiopia Europe Finland "
    "Florida France Geneva Georgia Germany Glasgow Greece Hamburg Hawaii Helsinki Houston Hungary Iceland India "
    "Indiana Indonesia Iowa Iran Iraq Ireland Israel Istanbul Italy Jakarta Japan Jerusalem Jordan Kabul Kansas "
    "Kentucky Kenya Kiev Leeds Lisbon Liverpool London Madrid Maine Malaysia Manchester Maryland Melbourne Mexico "
    "Miami Michigan Milan Minnesota Montana Montreal Moscow Munich Nairobi Naples Nebraska Netherlands Nevada "
    "Newcastle Nigeria Norway Ohio Oregon Oslo Oxford Pakistan Paris Perth Peru Philadelphia Poland Portugal Prague "
    "Rome Russia Scotland Seattle Seoul Serbia Sheffield Singapore Spain Stockholm Sudan Sweden Switzerland Sydney "
    "Syria Taiwan Tehran Tennessee Texas Thailand Tokyo Toronto Tunisia Turkey Uganda Ukraine Utah Vancouver "
    "Venezuela Venice Vermont Vienna Vietnam Virginia Wales Warsaw Washington Wisconsin Yemen Zurich"
)
_PLACES_OF_WORDS = (
    *("New York", "New Zealand", "South Africa", "North Carolina", "San Francisco", "Los Angeles", "Hong Kong"),
    *("Saudi Arabia", "Sri Lanka", "Costa Rica", "Buenos Aires", "Cape Town", "New Delhi", "Las Vegas", "San Diego"),
    *("South Korea", "North Korea", "New Jersey", "New Mexico", "United States", "United Kingdom", "Tel Aviv"),
)
_GROUPS = (
    *(
        "Alder Council",
        "Beacon Foundation",
        "Cobalt Bank",
        "Dunmore University",
        "Eastgate Hospital",
        "Fairway Airlines",
    ),
    *("Granite Group", "Harbour Trust", "Ironbridge College", "Juniper Company", "Kestrel Motors", "Larkfield School"),
    *("Meridian Institute", "Northfield Police", "Orchard Stores", "Pinnacle Corporation", "Quayside Theatre"),
    *("Redwood Society", "Sterling Insurance", "Tamarind Energy", "Vanguard Committee", "Westbrook Museum"),
)
# Words by which the name of a group of people is known.
_GROUP_WORDS = (
    "Academy Agency Airlines Airways Association Authority Bank Board Bureau Church Club College Commission "
    "Committee Company Corp Corporation Council Court Department Energy FC Federation Foundation Group Holdings "
    "Hospital Inc Institute Insurance League Ltd Ministry Motors Museum Office Parliament Party Police School "
    "Senate Service Society Stores Studios Theatre Trust Union United University"
)
_LETTERS = "BCDFGHKLMNPRSTVW"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = "January February April June July August September October November December"

POOLS: dict[str, tuple[str, ...]] = {
    "woman": tuple(_WOMEN.split()),
    "man": tuple(_MEN.split()),
    "last": tuple(_LAST.split()),
    "place": (*_PLACES.split(), *_PLACES_OF_WORDS),
    "group": _GROUPS,
    "day": tuple(_DAYS.split()),
    "month": tuple(_MONTHS.split()),
}


def kind_of(name: str) -> str:
    """``place``, ``group``, ``day``, ``month``, ``last``, a first name's ``woman`` or ``man``, or ``person`` for both.

    A name that no list has is a group's where it says so (``Bank``) or is an abbreviation in capitals, a person's
    where it has two words or more, and a last name else.
    """
    parts = name.split()
    for known in (name, name.title()):
        if known in _kinds():
            return _kinds()[known]
    if not _group_words().isdisjoint(parts) or (len(parts) == 1 and name.removesuffix("s").isupper()):
        return "group"
    return "person" if len(parts) > 1 else "last"


def other_name(name: str, draw: int) -> str:
    """Another name of the same kind, chosen by a whole number from 0; a woman's or man's first name stays one.

    An abbreviation in capitals becomes another of as many letters.
    """
    kind = kind_of(name)
    letters = name.removesuffix("s")
    if kind == "group" and letters.isupper():
        drawn = (_LETTERS[draw // len(_LETTERS) ** i % len(_LETTERS)] for i in range(len(letters)))
        return "".join(drawn) + name[len(letters) :]
    if kind != "person":
        return cased_like(POOLS[kind][draw % len(POOLS[kind])], name)
    first = kind_of(name.split()[0])
    firsts = POOLS[first] if first in {"woman", "man"} else (*POOLS["woman"], *POOLS["man"])
    rest, lasts = draw // len(firsts), POOLS["last"]
    return f"{firsts[draw % len(firsts)]} {lasts[rest % len(lasts)]}"


@cache
def _kinds() -> dict[str, str]:
    return {name: kind for kind, pool in reversed(POOLS.items()) for name in pool}


@cache
def _group_words() -> frozenset[str]:
    return frozenset(_GROUP_WORDS.split())
