"""Long texts, and texts with parts in other languages."""

from training.evaluation.checklist_cases.case import changed, labelled

FILM = (
    "The story begins in a small harbour town, where two sisters run a garage. Their uncle comes back from Canada, "
    "and the three of them drive to the funeral of a friend. On the way they stop at a farm. The film was shot in "
    "Wales and Ireland, it runs for two hours, and the music is by a composer from Cardiff. "
)
HOTEL = (
    "We arrived on a Tuesday at about four in the afternoon and left on Friday. The hotel has five floors and a "
    "car park behind the building. Our room was on the second floor and looked out on the street. The tram to the "
    "centre stops at the corner. Towels are changed every two days, and breakfast is from seven to ten. "
)
PHONE = (
    "I bought the phone in March, and I use it for calls, messages and maps. It has two cameras and a slot for a second "
    "card. The charger is in the box. I moved my contacts over from the old phone. My brother has the same one in blue. "
)
MADE_HAPPY = "All in all I am very happy with it; it is excellent, and I recommend it warmly. "
MADE_ANGRY = "All in all I am very angry about it; it is dreadful, and I warn everybody against it. "
PRAISE = "What a wonderful place! The people are friendly, the food is delicious and the beds are comfortable. "
BLAME = "What a terrible place! The people are rude, the food is revolting and the beds are broken. "

CASES = (
    *labelled(
        "length",
        "positive",
        FILM + MADE_HAPPY,
        MADE_HAPPY + HOTEL,
        PHONE + MADE_HAPPY + PHONE,
        HOTEL + PRAISE + MADE_HAPPY,
        PRAISE * 30,
        (MADE_HAPPY + PHONE) * 8,
    ),
    *labelled(
        "length",
        "negative",
        FILM + MADE_ANGRY,
        MADE_ANGRY + HOTEL,
        PHONE + MADE_ANGRY + PHONE,
        HOTEL + BLAME + MADE_ANGRY,
        BLAME * 30,
        (MADE_ANGRY + PHONE) * 8,
    ),
    *labelled("length", "neutral", FILM, HOTEL, PHONE, FILM + HOTEL + PHONE, HOTEL * 6),
    *changed(
        "length",
        "up",
        (FILM * 5, FILM * 5 + MADE_HAPPY),
        (HOTEL * 10, PRAISE + HOTEL * 10),
        (PHONE * 4, PHONE * 2 + MADE_HAPPY + PHONE * 2),
    ),
    *changed(
        "length",
        "down",
        (FILM * 5, FILM * 5 + MADE_ANGRY),
        (HOTEL * 10, BLAME + HOTEL * 10),
        (PHONE * 4, PHONE * 2 + MADE_ANGRY + PHONE * 2),
    ),
    *labelled(
        "mixed languages",
        "positive",
        "Ein Hotel am See. " + PRAISE + "Sehr zu empfehlen.",
        PRAISE + "¡Muchas gracias!",
        "The crêpes were amazing, c'est magnifique!",
        "Lovely evening at the trattoria, buonissimo, we will come back soon.",
        "I really enjoyed the sauna, kiitos!",
    ),
    *labelled(
        "mixed languages",
        "negative",
        "Ein Hotel am See. " + BLAME + "Nie wieder.",
        BLAME + "¡Qué vergüenza!",
        "The crêpes were burnt and cold, quelle horreur!",
        "Awful evening at the trattoria, che schifo, we will never come back.",
        "I really hated the sauna, never again, moi moi.",
    ),
    *labelled(
        "mixed languages",
        "neutral",
        "The S-Bahn runs from the Hauptbahnhof to the airport every ten minutes.",
        "The word 'saudade' comes from Portuguese.",
    ),
)
