"""The page about the data says what the models say."""

from devtools import data_model
from devtools.data_model import diagram, reading
from tests.architecture.project import APPS


def test_the_committed_page_is_current() -> None:
    assert data_model.stale() == [], "run make docs"


def test_every_app_with_models_is_on_it() -> None:
    with_models = {app for app in APPS if reading.models_of(app)}
    assert with_models == set(reading.APPS)


def test_every_model_says_what_it_is() -> None:
    silent = [
        model.__name__
        for app in reading.APPS
        for model in reading.models_of(app)
        if not reading.sentence_of(model)
    ]
    assert not silent


def test_the_drawing_has_every_model() -> None:
    drawn = {line.split()[0] for line in diagram.mermaid().splitlines() if line.startswith("    ")}
    assert drawn == {model.__name__ for app in reading.APPS for model in reading.models_of(app)}
