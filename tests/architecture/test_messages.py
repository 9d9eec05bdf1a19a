"""Everything said to people is said in Hebrew too, with the same places for names and numbers."""

import re

from babel.messages.pofile import read_po

from devtools import translations

PLACES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
# One reader alone, by pronoun or by verb. "הוספת" is left out: it is also "the adding of".
ONE_READER = re.compile(
    r"(?<![א-ת])ש?(?:לך|שלך|אליך|אצלך|אותך|עליך|ממך|עבורך|בשבילך|עצמך|את או אתה|אתה|בחרת|חיפשת|"
    r"ביקשת|סיפרת|חויבת|אישרת|שינית|כתבת|הזמנת|הגעת|יצאת|רצית|היית|ראית|קיבלת|שמרת|הקלדת|"
    r"דילגת|ענית|שילמת|ביטלת|סיימת|נכנסת|פתחת|השארת|אספת|מחקת|עשית|לחצת|סימנת|צירפת|"
    r"מאז שהוספת)(?![א-ת])"
)


def test_every_message_has_its_hebrew() -> None:
    lacking = translations.missing()
    assert not lacking, "\n".join(
        f"{where}: {text!r}" for (_, text), where in sorted(lacking.items(), key=lambda i: i[1])
    )


def test_translations_keep_the_places_for_names_and_numbers() -> None:
    """A lost `%(name)s` is an empty sentence, a misspelt one an error page."""
    wrong = []
    for path in translations.CHECKOUT.glob("**/locale/*/LC_MESSAGES/django.po"):
        if ".venv" in path.parts:
            continue
        with path.open("rb") as content:
            for message in read_po(content):
                ids = [message.id] if isinstance(message.id, str) else list(message.id)
                said = [message.string] if isinstance(message.string, str) else message.string
                known = set(PLACES.findall(" ".join(ids)))
                for text in said:
                    places = set(PLACES.findall(text))
                    # A plural form may leave the number out ("one item"), never make up a place.
                    if text and (places - known or (len(ids) == 1 and places != known)):
                        wrong.append(f"{path.relative_to(translations.CHECKOUT)}: {ids[0]!r}")
    assert not wrong, "\n".join(wrong)


def test_hebrew_speaks_to_everybody_in_the_plural() -> None:
    """As its verbs do: "you" of one person beside them reads like two shops in one sentence."""
    wrong = []
    for pattern in ("**/locale/he/LC_MESSAGES/django.po", "templates/**/*.he.html"):
        for path in translations.CHECKOUT.glob(pattern):
            if ".venv" in path.parts:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if found := ONE_READER.search(line):
                    wrong.append(f"{path.relative_to(translations.CHECKOUT)}:{number}: {found[0]}")
    assert not wrong, "\n".join(wrong)


def test_one_reader_is_noticed() -> None:
    assert all(ONE_READER.search(text) for text in ("הסל שלך שמור.", "מה שחיפשת", "מחכה לך"))
    assert not any(ONE_READER.search(text) for text in ("מהלך", "הוספת כרטיס", "הסל שלכם", "הולך"))


def test_a_message_has_one_hebrew() -> None:
    """Of two catalogues that translate the same message otherwise, the first one would win for both:
    a delivery that is free was "not taken yet". What means two things has a context for each.
    """
    known: dict[tuple[str | None, str], dict[str, str]] = {}
    for path in translations.CHECKOUT.glob("**/locale/he/LC_MESSAGES/django.po"):
        if ".venv" in path.parts:
            continue
        with path.open("rb") as content:
            for message in read_po(content):
                one = message.id if isinstance(message.id, str) else message.id[0]
                if one:
                    name = str(path.relative_to(translations.CHECKOUT))
                    known.setdefault((message.context, one), {})[name] = str(message.string)
    several = {key: said for key, said in known.items() if len(set(said.values())) > 1}
    assert not several, several
