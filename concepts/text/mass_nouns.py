"""Nouns without a plural, and nouns without a singular."""

from __future__ import annotations

_MASS = """
    access accommodation advice aid air alcohol anger applause baggage behaviour behavior blood bread business butter
    care cash chaos cheese clothing coal coffee confidence concrete cotton countryside courage crockery cutlery damage
    darkness data debris dirt dust education electricity employment energy entertainment equipment evidence expertise
    fame feedback fog food fruit fuel fun furniture garbage gas gasoline gold gossip grass growth guidance hair
    happiness harm hardware health heat help homework housework hunger ice industry information infrastructure insurance
    intelligence jewellery jewelry justice knowledge labour laughter legislation leisure lightning literature livestock
    logic luck luggage lunch machinery mail meat merchandise milk money mud music news nonsense oil oxygen paper parking
    patience peace petrol police pollution poverty power progress propaganda proof publicity rain relief research
    respect rice rubbish safety salt sand scenery security sleep smoke snow software spaghetti spite staff steam stuff
    sugar sunshine support tea timber time toast traffic training transport transportation trash travel trouble trust
    underwear vandalism violence warmth water wealth weather weight welfare wheat wildlife wood work yesterday today
    tomorrow
"""
MASS_NOUNS = frozenset(_MASS.split())

_PLURAL_ONLY = """
    arms assets barracks belongings binoculars cattle clothes congratulations contents earnings earphones economics
    electronics ethics folk glasses goggles goods gymnastics headquarters headphones jeans leggings likes linguistics
    mathematics means measles outskirts pants physics pliers politics premises proceedings pyjamas pajamas regards
    remains riches savings scissors series shorts species statistics stairs sunglasses surroundings tactics thanks
    tights tongs trousers troops tweezers wages whereabouts works
"""
PLURAL_ONLY = frozenset(_PLURAL_ONLY.split())
