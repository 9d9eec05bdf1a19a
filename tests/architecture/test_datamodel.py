"""The page about the data says what the models say."""

from xml.dom import minidom

from mami import datamodel
from mami.datamodel import drawing, reading
from tests.architecture.project import APPS


def test_the_committed_page_is_current() -> None:
    assert datamodel.stale() == [], "run manage.py datamodel"


def test_every_app_with_models_is_on_it() -> None:
    with_models = {app for app in APPS if reading.models_of(app)}
    assert with_models == set(reading.APPS)
    assert with_models == {app for column in drawing.COLUMNS for app in column}


def test_every_model_says_what_it_is() -> None:
    silent = [
        model.__name__
        for app in reading.APPS
        for model in reading.models_of(app)
        if not reading.sentence_of(model)
    ]
    assert not silent


def test_the_drawing_is_well_formed() -> None:
    boxes = minidom.parseString(drawing.svg()).getElementsByTagName("g")
    assert len(boxes) == sum(len(reading.models_of(app)) for app in reading.APPS)
