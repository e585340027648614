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
# First names that are known and stand in no other's place.
_MORE_WOMEN = (
    "Abigail Agnes Aisha Alexandra Ana Angelina Annie April Ashley Beatrice Bella Beth Bianca Brenda Camilla Carla "
    "Carmen Caroline Celia Chloe Clara Cynthia Daisy Denise Donna Dorothy Edith Eleanor Ella Ellen Erica Esther Fatima "
    "Florence Frances Gabriela Gloria Greta Hilary Hillary Holly Ingrid Isabel Isabella Ivy Jacqueline Janet Joanna "
    "Josephine Joyce Judith Julie Karin Katherine Kathleen Katie Kelly Kim Lauren Leila Lily Louise Lucia Lydia Marie "
    "Martha Melissa Mia Miriam Molly Monica Nadia Natasha Nina Olga Pamela Paula Pauline Penelope Petra Rita Rose "
    "Sally Samantha Sharon Shirley Silvia Sofia Sonia Stella Stephanie Sylvia Tamara Tanya Tessa Tina Tracy Ursula "
    "Valerie Vanessa Vera Yvonne"
)
_MORE_MEN = (
    "Abdul Abraham Adrian Ahmed Albert Alex Alexander Alfred Ali Andre Antonio Arthur Barack Barry Bernard Bill Bob "
    "Boris Brad Bruce Carlos Cameron Christian Christopher Clive Craig Dan Dave Dennis Derek Diego Dominic Douglas "
    "Duncan Edgar Edwin Elliot Ernest Ethan Felix Fernando Francis Fred Gareth Gavin Geoffrey Gerald Gordon Gregory "
    "Hans Harold Hassan Howard Hugh Hugo Ibrahim Igor Ivan Jeff Jeffrey Jeremy Jerry Joe Joel Jonas Jose Juan Julian "
    "Justin Karl Keith Ken Kenneth Larry Lawrence Lee Leon Lewis Lionel Louis Lucas Luis Malcolm Marco Marcus Mario "
    "Matt Max Miguel Mike Mohammed Nathan Neil Nicholas Nick Nigel Nils Noah Norman Oliver Omar Pablo Patrick Pedro "
    "Pierre Rafael Raymond Rob Rodney Ronald Ross Roy Russell Ryan Sam Scott Sergio Sebastian Stanley Steve Stuart Ted "
    "Terry Theodore Thomas Toby Tom Tony Trevor Vernon Viktor Vincent Vladimir Walter Wayne"
)
_LAST = (
    "Abbott Ashdown Barlow Bennett Birch Blackwood Brennan Calloway Carver Chadwick Coleman Conway Dalton Drummond "
    "Ellery Fairbanks Farrow Fenwick Garland Gilmore Granger Hadley Halloran Harwood Holloway Huxley Ingram Jarvis "
    "Kendrick Kessler Lambert Langley Lockhart Mallory Marlowe Merrick Norwood Oakley Osborne Penrose Quimby Radford "
    "Rowland Sheldon Sinclair Stanton Thackeray Underhill Vickers Wakefield Weaver Whitaker Winslow Yardley"
)
_COUNTRIES = (
    "Afghanistan Argentina Australia Austria Belgium Brazil Bulgaria Canada Chile China Colombia Cuba Denmark Egypt "
    "Ethiopia Finland France Germany Greece Hungary Iceland India Indonesia Iran Iraq Ireland Israel Italy Japan Kenya "
    "Malaysia Mexico Morocco Nigeria Norway Pakistan Peru Poland Portugal Romania Russia Scotland Serbia Singapore "
    "Spain Sudan Sweden Switzerland Syria Taiwan Thailand Tunisia Uganda Ukraine Venezuela Vietnam Wales Yemen"
)
_COUNTRIES_OF_WORDS = (
    "New Zealand",
    "South Africa",
    "Saudi Arabia",
    "Sri Lanka",
    "Costa Rica",
    "South Korea",
    "North Korea",
)
_STATES = (
    "Alabama Alaska Arizona California Colorado Florida Hawaii Indiana Iowa Kansas Kentucky Maryland Michigan "
    "Minnesota Montana Nebraska Nevada Ohio Oregon Tennessee Texas Utah Vermont Virginia Wisconsin"
)
_STATES_OF_WORDS = ("New Jersey", "New Mexico", "North Carolina", "South Carolina", "West Virginia", "North Dakota")
_CITIES = (
    "Aberdeen Amsterdam Athens Atlanta Baghdad Bangkok Barcelona Beijing Beirut Belfast Berlin Birmingham Boston "
    "Bristol Brussels Budapest Cairo Cardiff Chicago Copenhagen Dallas Delhi Denver Detroit Dublin Edinburgh Geneva "
    "Glasgow Hamburg Helsinki Houston Istanbul Jakarta Jerusalem Kabul Kiev Leeds Lisbon Liverpool London Madrid "
    "Manchester Melbourne Miami Milan Montreal Moscow Munich Nairobi Naples Newcastle Oslo Oxford Paris Perth "
    "Philadelphia Prague Rome Seattle Seoul Sheffield Stockholm Sydney Tehran Tokyo Toronto Vancouver Venice Vienna "
    "Warsaw Zurich"
)
_CITIES_OF_WORDS = (
    *("San Francisco", "Los Angeles", "Hong Kong", "Buenos Aires", "Cape Town", "New Delhi", "Las Vegas", "San Diego"),
    *("New York", "Tel Aviv", "New Orleans", "Kuala Lumpur", "Rio de Janeiro"),
)
_STREET_WORDS = "Avenue Close Crescent Drive Lane Road Square Street Terrace"
_STREETS = "Acorn Bishop Chapel Cherry Elm Foundry Granary Hazel Juniper Laurel Linden Maple Orchard Poplar Priory"
# What groups of people are called: words by which their names are known, and what may stand before these.
_GROUP_WORDS = (
    "Academy Agency Airlines Airways Association Authority Bank Club College Commission Committee Corporation Council "
    "Energy Federation Foundation Holdings Hospital Institute Insurance Ministry Motors Museum School Society Stores "
    "Studios Theatre Union United University"
)
_GROUPS = (
    "Alder Beacon Cobalt Dunmore Eastgate Fairway Granite Harbour Ironbridge Juniper Kestrel Larkfield Meridian "
    "Northfield Orchard Pinnacle Quayside Redwood Sterling Tamarind Vanguard Westbrook"
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = "January February April June July August September October November December"
_LONG_MONTHS = "January July August October December"  # which have a 31st

POOLS: dict[str, tuple[str, ...]] = {
    "woman": tuple(_WOMEN.split()),
    "man": tuple(_MEN.split()),
    "last": tuple(_LAST.split()),
    "country": (*_COUNTRIES.split(), *_COUNTRIES_OF_WORDS),
    "state": (*_STATES.split(), *_STATES_OF_WORDS),
    "city": (*_CITIES.split(), *_CITIES_OF_WORDS),
    "day": tuple(_DAYS.split()),
    "month": tuple(_MONTHS.split()),
}
_OTHERS = POOLS | {"month": tuple(_LONG_MONTHS.split())}


def kind_of(name: str) -> str:
    """``person``, ``street``, ``group``, ``country``, ``state``, ``city``, ``day``, ``month``; empty: it is not known.

    A first name alone is a ``woman``'s or a ``man``'s. A person is known by a first name, a street or a group by its
    last word (``Mill Road``, ``Ruritania Bank``); other names could be anything, and are of no known kind.
    """
    parts = name.split()
    for known in (name, name.title()):
        if known in _kinds():
            return _kinds()[known]
    if len(parts) < 2:
        return ""
    if parts[-1].title() in _STREET_WORDS.split():
        return "street"
    if parts[-1].title() in _group_words():
        return "group"
    return "person" if len(parts) < 4 and first_name(parts[0]) else ""


def first_name(word: str) -> str:
    """``woman`` or ``man``, whose first name a word is; empty where it is no known one."""
    kind = _kinds().get(word.title() if word.isupper() else word, "")
    return kind if kind in {"woman", "man"} else ""


def other_name(name: str, draw: int, kind: str = "") -> str:
    """Another name of the same kind, chosen by a whole number from 0; a woman's or man's first name stays one.

    Args:
        name: of a known kind.
        draw: which one.
        kind: what the name is; as :func:`kind_of` says where omitted.
    """
    kind = kind or kind_of(name)
    parts = name.split()
    if kind in {"street", "group"}:
        before = (_STREETS if kind == "street" else _GROUPS).split()
        return cased_like(f"{before[draw % len(before)]} {parts[-1].title()}", name)
    if kind != "person":
        return cased_like(_OTHERS[kind][draw % len(_OTHERS[kind])], name)
    firsts = _OTHERS[first_name(parts[0])] if first_name(parts[0]) else (*POOLS["woman"], *POOLS["man"])
    first, last = firsts[draw % len(firsts)], POOLS["last"][draw // len(firsts) % len(POOLS["last"])]
    return cased_like(f"{first} {last}" if len(parts) > 1 else last, name)


@cache
def _kinds() -> dict[str, str]:
    more = {name: "woman" for name in _MORE_WOMEN.split()} | {name: "man" for name in _MORE_MEN.split()}
    return more | {name: kind for kind, pool in reversed(POOLS.items()) if kind != "last" for name in pool}


@cache
def _group_words() -> frozenset[str]:
    return frozenset(_GROUP_WORDS.split())
