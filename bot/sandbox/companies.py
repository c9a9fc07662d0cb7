"""Names of companies that do not exist, some of them awkward on purpose."""

from collections.abc import Iterator

from bot.sandbox.draw import Draw

AWKWARD = (
    "Brückner & Söhne GmbH",
    'O\'Hara "Quick" Print',
    "Żółty Młyn Sp. z o.o.",
    "Studio <script>alert('hi')</script>",
    "*Bold* _Type_ Foundry",
    "@here Media",
    "白川 Trading",
    "Vereinigte Norddeutsche Hafenlogistik- und Spezialtransportgesellschaft mbH & Co."
    " Kommanditgesellschaft auf Aktien",
)

GROUPS = {
    "Nordwind": ("Holding", "Energie", "Logistik", "Service"),
    "Castellan": ("Group", "Homes", "Finance"),
    "Larkfield": ("Group", "Dairy", "Farms", "Transport"),
    "Vantour": ("Holding", "Hotels", "Events"),
    "Solberg": ("Gruppe", "Marine", "Kraft"),
}
"""A parent company and those that belong to it, by their second words; the first is the parent."""

_FIRST = (
    "Abelia", "Alderney", "Amberline", "Anselm", "Arrowby", "Ashcombe", "Birkenau", "Blauwal",
    "Borealis", "Brackwater", "Brightwell", "Calder", "Cinderfold", "Copperleaf", "Cranmore",
    "Dahlien", "Dovecote", "Eastmarsh", "Eikenhof", "Elbblick", "Emberly", "Fairhaven",
    "Falkenried", "Farrow", "Fennimore", "Fjordline", "Foxglove", "Gildas", "Glimmen",
    "Greyling", "Halden", "Hartmoor", "Heidekrug", "Hollins", "Inkwell", "Ironbark", "Jasmund",
    "Juniperus", "Kestral", "Kiefern", "Kvist", "Lindqvarn", "Lodestar", "Maplin", "Marrow",
    "Meerkamp", "Millrace", "Morgentau", "Nettlebed", "Norrsken", "Oakhurst", "Oldenveld",
    "Oriel", "Pepperwort", "Pinnacle", "Quarrel", "Quillon", "Ravenna", "Redshank", "Rotkehl",
    "Saltmarsh", "Sandvik", "Silbersee", "Skagen", "Sparrow", "Steinbock", "Tamarisk",
    "Tideway", "Tulpen", "Ullswater", "Umbra", "Veldhoen", "Wagtail", "Westerly", "Wiesental",
    "Wrenfield", "Yarrow", "Zandvoort", "Zephyrine", "Zirbel",
)  # fmt: skip

_SECOND = (
    "Analytics", "Apparel", "Architects", "Audio", "Bakeries", "Bikes", "Biotech", "Brewing",
    "Ceramics", "Clinics", "Coatings", "Couriers", "Dental", "Diagnostics", "Drones", "Energy",
    "Engineering", "Fabrics", "Films", "Foods", "Freight", "Games", "Gardens", "Glass",
    "Instruments", "Insurance", "Interiors", "Irrigation", "Labs", "Learning", "Legal",
    "Lighting", "Metals", "Mobility", "Optics", "Outdoor", "Packaging", "Paper", "Pharma",
    "Plastics", "Press", "Recruiting", "Robotics", "Sensors", "Software", "Solar", "Studios",
    "Systems", "Tools", "Travel",
)  # fmt: skip


def names(draw: Draw) -> Iterator[str]:
    """Ordinary names, each once, in an order that `draw` decides."""
    for number in draw.shuffled(range(len(_FIRST) * len(_SECOND))):
        first, second = divmod(number, len(_SECOND))
        yield f"{_FIRST[first]} {_SECOND[second]}"
