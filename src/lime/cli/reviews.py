"""A small corpus written for this project: one-sentence reviews of cafes, for the demonstration of text."""

from __future__ import annotations

GOOD = (
    "The coffee was excellent and the staff were friendly.",
    "A lovely place with fresh cake and a warm welcome.",
    "Delicious soup, quick service, and a table by the window.",
    "We loved the bread, and the waiter was charming.",
    "Friendly people, excellent tea, fair prices.",
    "The best breakfast in town, fresh and generous.",
    "A charming room, quiet music, and delicious pancakes.",
    "I will come back for the wonderful apple cake.",
    "Everything was fresh, and the owner made us feel welcome.",
    "Wonderful coffee and a clean, bright room.",
    "The service was quick and the sandwich delicious.",
    "An excellent lunch for a fair price.",
    "Warm bread, good butter, friendly staff: a perfect morning.",
    "The garden is lovely and the lemonade is fresh.",
    "Perfect coffee, and they remembered my name.",
    "A generous plate of pasta and a charming view.",
    "The cake is delicious, although the queue can be long.",
    "Great tea, great music, great people.",
    "Clean tables, quick waiters, and a wonderful smell of bread.",
    "Good food, and the children loved the hot chocolate.",
)

BAD = (
    "The coffee was cold and the staff were rude.",
    "A dirty table, a long wait, and no apology.",
    "Stale bread, slow service, and a bill that was wrong.",
    "We waited an hour, and the soup was cold.",
    "Rude people, weak tea, high prices.",
    "The worst breakfast in town, greasy and stale.",
    "A noisy room, loud music, and burnt pancakes.",
    "I will not come back after that terrible cake.",
    "Everything was greasy, and the owner ignored us.",
    "Terrible coffee in a dark and dirty room.",
    "The service was slow and the sandwich dry.",
    "A disappointing lunch for a high price.",
    "Dry bread, no butter, rude staff: a wasted morning.",
    "The garden is closed and the lemonade is warm and weak.",
    "Burnt coffee, and they forgot our order.",
    "A tiny plate of cold pasta and a view of the car park.",
    "The cake is dry, although the room is bright.",
    "Weak tea, loud music, rude people.",
    "Dirty tables, slow waiters, and a terrible smell of smoke.",
    "Bad food, and the children hated the watery chocolate.",
)

VISIT = (
    "The waiter was friendly and the cake was delicious, but the coffee was cold, the table was dirty, "
    "and we waited for an hour."
)
"""A review that the model has not seen, with something for either side."""
