"""The demo's small shop: a bakery-café with a garage beside it. Names and prices are made up; prices hold VAT.

Article numbers and cards are the ones that the simulated register rings up (docs/simulator.md).
"""

from __future__ import annotations

from typing import Final

CATEGORIES: Final = (
    ("food", "Bakery and café", None),
    ("bread", "Bread", "food"),
    ("pastry", "Pastry and cakes", "food"),
    ("main-dishes", "Main dishes", "food"),
    ("soups", "Soups", "main-dishes"),
    ("drinks", "Drinks", "food"),
    ("coffee", "Coffee", "drinks"),
    ("press", "Newspapers and books", None),
    ("deposit", "Deposits", None),
    ("garage", "Garage", None),
    ("parts", "Parts", "garage"),
    ("tyres", "Tyres", "garage"),
    ("labour", "Labour", "garage"),
)
"""Id, name, parent."""

PRODUCTS: Final = (
    ("2001", "Cappuccino", "coffee", 320, 1900, "goods"),
    ("2002", "Espresso", "coffee", 230, 1900, "goods"),
    ("2005", "Filter coffee", "coffee", 260, 1900, "goods"),
    ("2006", "Latte macchiato", "coffee", 360, 1900, "goods"),
    ("2003", "Pot of tea", "drinks", 390, 1900, "goods"),
    ("2004", "Apple spritzer", "drinks", 280, 1900, "goods"),
    ("2007", "Mineral water", "drinks", 220, 1900, "goods"),
    ("2008", "Hot chocolate", "drinks", 340, 1900, "goods"),
    ("4001", "Farmhouse bread", "bread", 450, 700, "goods"),
    ("4002", "Rye bread", "bread", 390, 700, "goods"),
    ("4003", "Baguette", "bread", 210, 700, "goods"),
    ("4004", "Pretzel", "bread", 95, 700, "goods"),
    ("4005", "Spelt roll", "bread", 85, 700, "goods"),
    ("4006", "Sunflower bread", "bread", 420, 700, "goods"),
    ("4007", "Toast", "bread", 320, 700, "goods"),
    ("4101", "Croissant", "pastry", 180, 700, "goods"),
    ("4102", "Plum cake", "pastry", 340, 700, "goods"),
    ("4103", "Cheesecake", "pastry", 380, 700, "goods"),
    ("4104", "Apple turnover", "pastry", 240, 700, "goods"),
    ("4105", "Almond horn", "pastry", 260, 700, "goods"),
    ("5001", "Lasagne", "main-dishes", 980, 1900, "goods"),
    ("5002", "Vegetable curry", "main-dishes", 1050, 1900, "goods"),
    ("5003", "Schnitzel with potato salad", "main-dishes", 1290, 1900, "goods"),
    ("5004", "Cheese spaetzle", "main-dishes", 950, 1900, "goods"),
    ("5005", "Quiche with salad", "main-dishes", 890, 1900, "goods"),
    ("5101", "Lentil soup", "soups", 650, 1900, "goods"),
    ("5102", "Goulash soup", "soups", 720, 1900, "goods"),
    ("6001", "Newspaper", "press", 310, 700, "price_fixed"),
    ("6002", "Road atlas", "press", 2490, 700, "price_fixed"),
    ("9001", "Bottle deposit", "deposit", 25, 1900, "deposit"),
    ("7001", "Oil service, labour", "labour", 8900, 1900, "service"),
    ("7005", "Workshop hour", "labour", 9600, 1900, "service"),
    ("7007", "Wheel change, labour", "labour", 3900, 1900, "service"),
    ("7002", "Engine oil 5W-30", "parts", 1490, 1900, "goods"),
    ("7003", "Oil filter", "parts", 1680, 1900, "goods"),
    ("7004", "Wiper blades", "parts", 2450, 1900, "goods"),
    ("7008", "Air filter", "parts", 2290, 1900, "goods"),
    ("7009", "Brake pads, front", "parts", 6400, 1900, "goods"),
    ("7010", "Battery 70 Ah", "parts", 11900, 1900, "goods"),
    ("7011", "Spark plug", "parts", 1150, 1900, "goods"),
    ("7006", "Winter tyre", "tyres", 11800, 1900, "goods"),
    ("7012", "All-season tyre", "tyres", 12400, 1900, "goods"),
)
"""Article number, name, category, price in cents, VAT in basis points, kind."""

GROUPS: Final = ("Regulars", "Garage customers", "Staff")

CARD_PREFIX: Final = "iso14443a:04BA5E"
"""The cards of members 1 to 12: this and the member's number as four bytes in hex, most significant first."""

MEMBERS: Final = (
    ("Anna", "Becker", "en", ("Regulars",)),
    ("Jonas", "Hoffmann", "de", ("Regulars", "Garage customers")),
    ("Claire", "Dubois", "fr", ("Regulars",)),
    ("Marco", "Rossi", "it", ("Garage customers",)),
    ("Petra", "Novák", "cs", ()),
    ("Mei", "Chen", "zh", ("Regulars",)),
    ("Lukas", "Weber", "de", ("Garage customers",)),
    ("Sofia", "Keller", "de", ("Staff", "Regulars")),
    ("Tom", "Fischer", "en", ()),
    ("Elif", "Şahin", "de", ("Regulars", "Garage customers")),
    ("Paul", "Schneider", "de", ("Garage customers",)),
    ("Nina", "Vogel", "de", ("Staff",)),
)
"""First name, last name, language, groups."""
