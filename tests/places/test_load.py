"""Loading a gazetteer: whole or not at all, once or again, the shipped one or a deployer's."""

import csv
import gzip

import pytest
import sqlalchemy as sa

from aidnet.audit.models import AuditEntry
from aidnet.db import db, transaction
from aidnet.places.load import SHIPPED, load_gazetteer
from aidnet.places.models import Crossing, Level, Place, PlaceName
from aidnet.places.reading import BadFile, read
from aidnet.places.search import search
from aidnet.policy import unscoped
from tests import factories
from tests.start import GAZETTEER

HEADER = "pcode,level,parent_pcode,name_en,name_my,lat,lon,coord_source"


@pytest.fixture
def written(tmp_path):
    """Writes lines below the usual header (or another) to a file."""

    def write(*lines, header=HEADER, name="places.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
        return path

    return write


def rows(model):
    with transaction() as session:
        oldest_first = sa.select(*model.__table__.columns).order_by(*model.__table__.primary_key)
        return session.execute(unscoped(oldest_first, because="a test looks")).all()


def load(path):
    with transaction() as session:
        return load_gazetteer(session, path)


def test_the_same_file_again_changes_nothing(app):
    before = rows(Place), rows(PlaceName), rows(Crossing), rows(AuditEntry)
    assert not load(GAZETTEER).anything
    assert (rows(Place), rows(PlaceName), rows(Crossing), rows(AuditEntry)) == before


def test_ancestors_stand_beside_each_place(app):
    with transaction() as session:
        village = session.scalars(sa.select(Place).where(Place.level == Level.VILLAGE)).first()
        township = session.get(Place, village.township_id)
        assert session.get(Place, village.parent_id).parent_id == township.id
        assert (township.township_id, township.parent_id) == (township.id, village.district_id)
        assert session.get(Place, village.district_id).parent_id == village.state_id


def test_formal_crossings_are_loaded_with_their_township(app):
    crossings = {crossing.slug: crossing for crossing in rows(Crossing)}
    assert len(crossings) == 18
    assert crossings["tamu-moreh"].township_id == factories.place("MMR005030").id


def test_a_load_is_recorded_as_the_operators_act(app, written):
    load(written("MMR905,state,MMR,Newland,,,,"))
    entry = rows(AuditEntry)[-1]
    assert (entry.action, entry.user_id, entry.role) == ("places.loaded", None, None)
    assert '"added":1' in entry.detail


def test_a_deployers_file_adds_changes_and_leaves_the_rest(app, written):
    before = len(rows(Place))
    old = factories.place("MMR005005")
    done = load(written("MMR005005,township,MMR005D002,Khin U New,,,,", "MMR005905,township,MMR005D002,Elsewhere,,,,"))
    new = factories.place("MMR005005")
    assert (done.added, done.changed) == (1, 1)
    assert len(rows(Place)) == before + 1
    assert (new.id, new.name_en) == (old.id, "Khin U New")
    assert (new.name_my, new.lat, new.lon) == (old.name_my, old.lat, old.lon)  # left blank, so they stay
    assert factories.place("MMR005905").name_my == "Elsewhere"


def test_a_renamed_place_is_found_by_its_new_name_only(app, written):
    actor = factories.actor("coordinator")
    load(written("MMR005005,township,MMR005D002,Zebuthiri,,,,"))
    assert [option.code for option in search(db(), actor, "Zebuthiri")] == ["MMR005005"]
    with transaction() as session:
        keys = set(session.scalars(sa.select(PlaceName.key).where(PlaceName.place_id == factories.place("MMR005005").id)))
    assert "zebuthiri" in keys
    assert "khinu" in keys  # an alias of the shipped list
    assert not {"kʼhinu", "khinuold"} & keys


def test_a_township_that_moves_takes_what_lies_in_it_along(app, written):
    tract = next(row for row in rows(Place) if row.level == Level.VILLAGE_TRACT)
    township = next(row for row in rows(Place) if row.id == tract.township_id)
    other = next(row for row in rows(Place) if row.level == Level.DISTRICT and row.id != township.district_id)
    load(written(f"{township.pcode},township,{other.pcode},{township.name_en},,,,"))
    moved = factories.place(tract.pcode)
    assert (moved.district_id, moved.state_id) == (other.id, other.state_id)


def test_a_file_may_say_what_the_network_calls_a_place(app, written):
    path = written("MMR005905,township,MMR005D002,Official,,River town", header="pcode,level,parent_pcode,name_en,name_my,display_name")
    load(path)
    assert factories.place("MMR005905").display_name == "River town"
    actor = factories.actor("coordinator")
    assert {search(db(), actor, q)[0].name for q in ("river town", "official")} == {"River town"}
    assert not load(path).anything


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("MMR905,state,MMR,,,,,", "name_en is empty"),
        ("MMR905,state,,Newland,,,,", "parent_pcode is empty"),
        ("MMR905,state,NOPE,Newland,,,,", "lies in NOPE, which is neither in this file nor loaded"),
        ("MMR905,province,MMR,Newland,,,,", "“province” is no level"),
        ("MMR905,township,MMR,Newland,,,,", "(township) cannot lie in MMR (country)"),
        ("MMR005,district,MMR001,Sagaing,,,,", "is loaded as state and cannot become district"),
        ("MMR,country,MMR005,Myanmar,,,,", "a country has no parent"),
        ("MMR 905,state,MMR,Newland,,,,", "is no place code"),
        ("MMR905,state,MMR,Newland,,north,95,", "lat “north” is no number"),
        ("MMR905,state,MMR,Newland,,91,95,", "lat 91 is not on the globe"),
        ("MMR905,state,MMR,Newland,,nan,95,", "is not on the globe"),
        ("MMR905,state,MMR,Newland,,22,,", "lat and lon belong together"),
        ("MMR905,state,MMR,New\x07land,,,,", "a character that cannot be kept"),
        ("MMR905,state,MMR,Newland", "4 cells where the header has 8"),
        (f"MMR905,state,MMR,{'N' * 121},,,,", "longer than 120 characters"),
        ('MMR905,state,MMR,"Newland,,,,', "not CSV"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_nothing_is_loaded(app, written, line, told):
    before = rows(Place), rows(PlaceName)
    with pytest.raises(BadFile) as bad:
        load(written("MMR906,state,MMR,Good,,,,", line))
    assert [(fault.line, told in fault.what) for fault in bad.value.faults] == [(3, True)], bad.value.faults
    assert (rows(Place), rows(PlaceName)) == before


def test_every_bad_line_is_told(app, written):
    with pytest.raises(BadFile) as bad:
        load(written("MMR905,state,MMR,,,,,", "MMR906,state,MMR,Good,,,,", "MMR906,state,MMR,Twice,,,,", "x"))
    assert [fault.line for fault in bad.value.faults] == [2, 4, 5]
    assert "stands in line 3 already" in bad.value.faults[1].what


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the header should name"),
        (b"a,b\n1,2\n", "the header should name"),
        (HEADER.encode() + b"\n", "no places"),
        (HEADER.encode() + b"\nMMR905,state,MMR,\xff\xfe,,,,\n", "not in UTF-8"),
        (b"\x1f\x8b" + b"not gzip at all", "damaged"),
        (gzip.compress(HEADER.encode() * 50, mtime=0)[:-12], "damaged"),
    ],
    ids=["empty", "other columns", "header alone", "not UTF-8", "not gzip", "cut off"],
)
def test_a_file_of_another_kind_is_refused_in_words(tmp_path, content, told):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile) as bad:
        read(path, {})
    assert told in str(bad.value)


def test_a_cut_off_file_loads_nothing(tmp_path):
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(SHIPPED.read_bytes()[:-100_000])
    with pytest.raises(BadFile) as bad:
        read(path, {})
    assert "damaged" in str(bad.value)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("ADM0_PCODE,ADM1_EN,ADM1_PCODE,ADM2_EN,ADM2_PCODE,ADM3_EN,ADM3_PCODE", "MMR,North,MMR905,Hills,MMR905D1,Ridge,MMR905001"),
        ("adm1_name,adm1_pcode,adm2_name,adm2_pcode,adm3_name,adm3_pcode", "North,MMR905,Hills,MMR905D1,Ridge,MMR905001"),
        ("ST,ST_PCODE,DT,DT_PCODE,TS,TS_PCODE", "North,MMR905,Hills,MMR905D1,Ridge,MMR905001"),
    ],
)
def test_tables_as_ocha_and_mimu_publish_them_are_read(app, written, header, line):
    done = load(written(line, line.replace("Ridge", "Valley").replace("001", "002"), header=header))
    assert done.added == 4
    valley, north = factories.place("MMR905002"), factories.place("MMR905")
    assert (valley.level, valley.name_en, valley.state_id) == (Level.TOWNSHIP, "Valley", north.id)
    assert factories.place("MMR").name_en == "Myanmar"


def test_two_lines_that_name_one_place_differently_are_told(tmp_path, written):
    path = written("North,MMR905,Hills,MMR905D1", "South,MMR905,Plain,MMR905D2", header="ST,ST_PCODE,DT,DT_PCODE")
    with pytest.raises(BadFile) as bad:
        read(path, {})
    assert "MMR905 has another name or parent in line 2" in str(bad.value)


def test_the_command_tells_what_it_did_and_what_is_wrong(command, written):
    assert "1 added" in command("places", "load", written("MMR905,state,MMR,Newland,,,,")).output
    assert "all there already" in command("places", "load", written("MMR905,state,MMR,Newland,,,,")).output
    told = command("places", "load", written(*(f"X{number},state,NOPE,Name,,,," for number in range(30))), status=1).output
    assert "line 2: X0 lies in NOPE" in told
    assert "and 10 more" in told
    assert "Nothing was loaded" in told


def test_the_shipped_file_is_whole():
    with gzip.open(SHIPPED, "rt", encoding="utf-8", newline="") as file:
        counts = dict.fromkeys(Level, 0)
        for row in csv.DictReader(file):
            counts[Level(row["level"])] += 1
    assert sum(counts.values()) == 91_039
    assert (counts[Level.STATE], counts[Level.VILLAGE]) == (18, 72_569)
    assert len(read(SHIPPED, {})) == 91_039


def test_the_gazetteer_is_read_by_anyone_and_crossings_are_not(app):
    with transaction() as session:
        assert session.scalars(sa.select(Place).limit(1)).one()
        with pytest.raises(RuntimeError):
            session.scalars(sa.select(Crossing)).all()
