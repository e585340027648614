"""Sentences that belong to another text."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.spans import sentences, spliced

# Each could stand in a newspaper and none belongs to the story around it.
STRANGERS = (
    "A hospital in Leeds has opened a new wing for children, its director said on Tuesday.",
    "Shares in the shipping company fell by four per cent after it warned of lower profits.",
    "The museum in Lisbon will lend two of its paintings to a gallery in Oslo next spring.",
    "Heavy snow closed the mountain road between the two villages for most of the weekend.",
    "The minister of transport promised that the bridge would be repaired before the summer.",
    "Researchers in Kyoto found that the beetles live twice as long as had been thought.",
    "The home side won by three goals to one, with the captain scoring twice before half-time.",
    "Farmers in the valley expect the smallest harvest of olives for twenty years.",
    "The airline cancelled eleven flights because of a fault in its booking system.",
    "A jury in Ohio cleared the former mayor of all charges on Friday afternoon.",
    "The band will play its last concert in Dublin, its manager Fiona Brady announced.",
    "Customs officers at the port found forty boxes of forged watches behind a load of tiles.",
    "The library reopened on Monday after a burst pipe had flooded its reading room.",
    "Voters in the town rejected the plan for a second airport by a narrow margin.",
    "The price of coffee rose to its highest level since the frosts of last winter.",
    "Two hikers were rescued by helicopter after they had lost their way in thick fog.",
    "The school's headteacher, Colin Marsh, retires in July after thirty years.",
    "The company recalled nine thousand heaters that may catch fire when covered.",
    "An orchestra of amateur players filled the cathedral for the second night in a row.",
    "The river rose by a metre overnight, and volunteers laid sandbags along its banks.",
    "A new species of orchid has been described by botanists working in Ecuador.",
    "The tennis player withdrew from the tournament with an injured wrist on Wednesday.",
    "The bakery on Mill Street was sold to a family from the next village.",
    "Engineers say that the dam is safe although small cracks were found in its wall.",
)


class Distractor(TextConcept):
    """Share of the sentences that are followed by one from another text, each a different one while there are any."""

    name = "distractor"
    needs_english = True

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with sentences put in."""
        spans = sentences(text)
        drawn = self.draws(seed, range(len(STRANGERS)))
        strangers = sorted(range(len(STRANGERS)), key=drawn.__getitem__)
        places = self.places(len(spans), strength, seed)
        ends = [spans[place][1] for place in places]
        return spliced(text, [(e, e, " " + STRANGERS[strangers[i % len(STRANGERS)]]) for i, e in enumerate(ends)])
