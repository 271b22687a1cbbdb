"""Who and what is in the invented network. All of it is invented but districts, townships and formal crossings."""

from dataclasses import dataclass

from aidnet.funding.models import Channel
from aidnet.policy import Role
from aidnet.responders.models import ResponderKind, Sector, Way

S = Sector


@dataclass(frozen=True)
class Group:
    """A responder: what it is, and the townships whose villages it reaches."""

    code_name: str
    own_name: str
    kind: ResponderKind
    sectors: tuple[Sector, ...]
    since_year: int
    townships: tuple[str, ...]
    way: Way
    #: Kinds of goods it mostly carries: keys of `LOADS`.
    loads: tuple[str, ...]
    #: How much of the network's work it does.
    weight: int
    pledged: bool = True


GROUPS: tuple[Group, ...] = (
    Group(
        "S-01",
        "Thazin Mutual Aid",
        ResponderKind.MUTUAL_AID,
        (S.FSC, S.SHL),
        2021,
        ("MMR005004", "MMR005005"),
        Way.ROAD,
        ("food", "shelter"),
        12,
    ),
    Group(
        "S-02",
        "Padauk Women's Circle",
        ResponderKind.WOMEN,
        (S.FSC, S.WSH, S.PRO),
        2019,
        ("MMR005006", "MMR005014"),
        Way.ROAD,
        ("hygiene", "food"),
        9,
    ),
    Group(
        "S-03",
        "Golden Paddy Committee",
        ResponderKind.CBO,
        (S.FSC,),
        2021,
        ("MMR005009", "MMR005011"),
        Way.ROAD,
        ("food",),
        10,
        pledged=False,
    ),
    Group(
        "S-04",
        "Anya Health Walkers",
        ResponderKind.HEALTH,
        (S.HEA, S.NUT),
        2021,
        ("MMR005010", "MMR005004"),
        Way.FOOT,
        ("medicine",),
        8,
    ),
    Group(
        "S-05",
        "Mu River Boats",
        ResponderKind.CBO,
        (S.FSC, S.LOG),
        2022,
        ("MMR005007", "MMR005011"),
        Way.RIVER,
        ("food", "fuel"),
        11,
    ),
    Group(
        "S-06",
        "Kyunhla Youth Hands",
        ResponderKind.YOUTH,
        (S.SHL, S.FSC),
        2021,
        ("MMR005008",),
        Way.ROAD,
        ("shelter", "food"),
        8,
    ),
    Group(
        "S-07",
        "Chindwin Friends",
        ResponderKind.CSO,
        (S.FSC, S.SHL, S.WSH),
        2018,
        ("MMR005016", "MMR005017"),
        Way.CROSS_BORDER,
        ("food", "shelter", "hygiene"),
        14,
    ),
    Group(
        "S-08",
        "Seven Villages Monastery Relief",
        ResponderKind.FAITH,
        (S.FSC, S.EDU),
        2015,
        ("MMR005018", "MMR005019"),
        Way.ROAD,
        ("food", "school"),
        7,
    ),
    Group(
        "S-09",
        "Pontaung Mothers",
        ResponderKind.WOMEN,
        (S.NUT, S.WSH),
        2022,
        ("MMR005017", "MMR005019"),
        Way.FOOT,
        ("hygiene", "medicine"),
        6,
    ),
    Group(
        "S-10",
        "Monywa Kitchen",
        ResponderKind.MUTUAL_AID,
        (S.FSC,),
        2021,
        ("MMR005012", "MMR005015"),
        Way.ROAD,
        ("food",),
        7,
    ),
    Group(
        "S-11",
        "Budalin Carriers",
        ResponderKind.CBO,
        (S.FSC, S.HEA),
        2021,
        ("MMR005013",),
        Way.CROSS_BORDER,
        ("medicine", "food"),
        9,
    ),
    Group(
        "S-12",
        "Hill Rain Aid",
        ResponderKind.CSO,
        (S.SHL, S.FSC),
        2020,
        ("MMR005020", "MMR005021"),
        Way.CROSS_BORDER,
        ("shelter", "food"),
        8,
    ),
    Group(
        "S-13",
        "Ayeyarwady North Boats",
        ResponderKind.CBO,
        (S.FSC, S.WSH),
        2022,
        ("MMR005022", "MMR005020"),
        Way.RIVER,
        ("food", "hygiene"),
        6,
    ),
    Group(
        "S-14",
        "Lantern Schools",
        ResponderKind.CSO,
        (S.EDU, S.PRO),
        2021,
        ("MMR005021", "MMR005016"),
        Way.FOOT,
        ("school", "hygiene"),
        4,
        pledged=False,
    ),
)

#: What a load is made of: item, unit, least and most for a delivery, in units.
LOADS: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "food": (
        ("rice", "rice_bag", 40, 260),
        ("oil", "litre", 60, 320),
        ("pulses", "kg", 80, 400),
        ("salt", "kg", 20, 120),
    ),
    "shelter": (
        ("tarpaulin", "sheet", 30, 180),
        ("rope", "roll", 20, 80),
        ("blanket", "piece", 40, 260),
        ("mosquito_net", "piece", 40, 200),
    ),
    "hygiene": (
        ("hygiene_kit", "kit", 40, 220),
        ("soap_laundry", "kg", 30, 150),
        ("pads", "pack", 60, 300),
        ("bucket", "piece", 20, 120),
    ),
    "medicine": (
        ("medicines", "box", 6, 40),
        ("ors", "sachet", 200, 1500),
        ("paracetamol", "tablet", 500, 6000),
        ("first_aid", "kit", 4, 30),
    ),
    "school": (("school_kit", "kit", 40, 260), ("solar_lamp", "piece", 10, 60)),
    "fuel": (("diesel", "litre", 60, 400), ("petrol", "litre", 40, 200)),
}

#: Formal crossings, and code names that groups gave to their own.
CROSSINGS = ("tamu-moreh", "rikhawdar-zokhawthar", "myawaddy-maesot")
OWN_CROSSINGS: dict[str, tuple[str, str]] = {
    "S-07": ("Lotus", "IN"),
    "S-11": ("Drum", "IN"),
    "S-12": ("Umbrella", "CN"),
}


@dataclass(frozen=True)
class Purse:
    """A fund of the network, with its share of the gifts."""

    name: str
    purpose: str
    share: int


FUNDS: tuple[Purse, ...] = (
    Purse("Rainy season", "Rice, oil and dry shelter for families on the move from June to October.", 40),
    Purse("Open hand", "Whatever responders need most, in any place they reach.", 35),
    Purse("Medicines", "Essential medicines and mobile clinics.", 15),
    Purse("Schools in the forest", "Kits, lamps and stipends for classes that moved under the trees.", 10),
)


@dataclass(frozen=True)
class Giver:
    """A donor partner: how it gives."""

    code_name: str
    own_name: str
    currencies: tuple[str, ...]
    #: Gifts a month, and the middle one in major units of its first currency.
    monthly: int
    middle: int
    funds: tuple[int, ...]


DONORS: tuple[Giver, ...] = (
    Giver("Melbourne Friends Circle", "Melbourne Friends Circle", ("AUD", "USD"), 26, 90, (0, 1)),
    Giver("Chiang Mai Weavers", "Chiang Mai Weavers' Collective", ("THB",), 22, 1500, (0, 2)),
    Giver("Lantern Foundation", "Lantern Foundation", ("EUR", "USD"), 2, 4200, (1, 3)),
)

#: Single givers: currency, how often out of 100, the middle gift in major units, the channels they use.
STREET: tuple[tuple[str, int, int, tuple[Channel, ...]], ...] = (
    ("USD", 30, 50, (Channel.BANK, Channel.OTHER)),
    ("THB", 22, 800, (Channel.BANK, Channel.CASH)),
    ("MMK", 26, 60_000, (Channel.MOBILE_MONEY, Channel.CASH)),
    ("EUR", 8, 45, (Channel.BANK,)),
    ("AUD", 8, 60, (Channel.BANK,)),
    ("INR", 6, 2500, (Channel.CASH, Channel.HUNDI)),
)

#: Names that givers chose for themselves, as people do; invented.
GIVER_NAMES = (
    "A teacher in Perth", "Grandmother's birthday", "Night shift nurses", "Noodle shop No. 9", "Class of 1998", "Two cousins",
    "A bus driver", "Sunday football", "Friends of the river", "Thingyan table", "Choir of three", "An old neighbour",
)  # fmt: skip

#: Agents, by alias only.
AGENTS = ("Heron", "Teak", "Blue door", "Ko Clock", "Tailor")

#: MMK for one unit, as the market stood at the end of the story, and how far it moved over 18 months. Invented, near what was reported.
MARKET: dict[str, tuple[float, float]] = {
    "USD": (4420.0, 0.96), "THB": (131.0, 0.95), "EUR": (5010.0, 0.93), "AUD": (2890.0, 0.97), "INR": (50.2, 0.98),
}  # fmt: skip

#: Sign-ins: role, code name of the partner ("" for the network), sign-in name.
PEOPLE: tuple[tuple[Role, str, str], ...] = (
    (Role.ADMIN, "", "banyan"),
    (Role.ADMIN, "", "tamarind"),
    (Role.TREASURER, "", "abacus"),
    (Role.TREASURER, "", "inkstone"),
    (Role.AUDITOR, "", "magnifier"),
    *((Role.COORDINATOR, group.code_name, f"coordinator-{group.code_name.lower()}") for group in GROUPS),
    (Role.LOGGER, "S-07", "logger-s-07"),
    (Role.LOGGER, "S-11", "logger-s-11"),
    (Role.DONOR, "Melbourne Friends Circle", "melbourne"),
    (Role.DONOR, "Chiang Mai Weavers", "chiang-mai"),
    (Role.DONOR, "Lantern Foundation", "lantern"),
)
