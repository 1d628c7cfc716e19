"""The memory of measures: what is written is found again, also by others and after a death; and it is bounded."""

import logging
import os

import pytest

from service.measures import Measures, NotARegion, Region, region
from service.measures.series import Definition, to_bytes

COUNTER = Definition("counter", "things_total", "things", ("kind",))


class Killed(BaseException):
    """The writer's end."""


class MortalRegion(Region):
    """A region whose writer is killed when it has written so many bytes of the next entry."""

    bytes_left = -1

    def _write(self, begin, data):
        if self.bytes_left < 0:
            super()._write(begin, data)
            return
        super()._write(begin, data[: self.bytes_left])
        raise Killed


def names(opened):
    """The label values of all series of a region."""
    return [series.values for series in opened.series()]


@pytest.fixture
def shared():
    """A region in memory that can be opened again."""
    made = Region.create_shared()
    made.claim()
    yield made
    made.close()
    os.close(made.fd)


def test_a_writer_killed_at_any_byte_of_an_entry_leaves_a_readable_region(shared):
    """What came before is whole, nothing comes of the rest, and the next writer goes on there."""
    shared.find(COUNTER, ("before",))
    entry = to_bytes(shared.find(COUNTER, ("before",)))
    for size in range(region.LENGTH_BYTES + len(entry) + 1):
        dying = MortalRegion.create_shared()
        dying.claim()
        first = dying.find(COUNTER, ("before",))
        dying.cells[first.first] = 3
        dying.bytes_left = size
        with pytest.raises(Killed):
            dying.find(COUNTER, ("killed",))
        after = Region.open(dying.fd)
        assert names(after) == [("before",)]
        after.claim()
        assert names(after) == [("before",)]
        assert after.find(COUNTER, ("another",)).first == first.first + 1
        assert names(Region.open(dying.fd)) == [("before",), ("another",)]
        assert after.cells[first.first] == 3
        os.close(dying.fd)


def test_a_counter_after_a_gauge_whose_writer_was_killed_counts_from_zero(shared):
    """Also one of several cells: none of them keeps what the gauge left."""
    gauge, histogram = Definition("gauge", "g", "g"), Definition("histogram", "h", "h", bounds=(1.0,))
    size = region.LENGTH_BYTES + len(to_bytes(shared.find(gauge, ())))
    for bytes_left in range(size):
        for definition in (COUNTER._replace(labels=()), histogram):
            dying = MortalRegion.create_shared()
            dying.claim()
            dying.bytes_left = bytes_left
            with pytest.raises(Killed):
                dying.find(gauge, ())
            after = Region.open(dying.fd)
            after.claim()
            first = after.find(definition, ()).first
            assert list(after.cells[first : first + definition.size]) == [0.0] * definition.size
            os.close(dying.fd)


def test_a_reader_sees_entries_that_are_made_after_it_has_opened_the_region(shared):
    reader = Region.open(shared.fd)
    assert names(reader) == []
    shared.find(COUNTER, ("one",))
    assert names(reader) == [("one",)]
    shared.find(COUNTER, ("two",))
    assert names(reader) == [("one",), ("two",)]
    reader.close()


def test_an_entry_that_is_not_visible_yet_is_read_later(shared):
    """On processors that reorder stores, the length may be seen before the bytes."""
    shared.find(COUNTER, ("one",))
    place = region.HEADER_BYTES + region.LENGTH_BYTES
    reader = Region.open(shared.fd)
    whole = bytes(reader._bytes[place : place + 9])
    reader._bytes[place : place + 9] = bytes(9)
    assert names(reader) == []
    reader._bytes[place : place + 9] = whole
    assert names(reader) == [("one",)]
    reader.close()


def test_a_region_that_is_claimed_again_goes_on_and_drops_gauges(shared):
    """Counters and histograms survive their writer. What was so in a process that has ended is not so now."""
    first = Measures(shared)
    first.counter("a_total", "a").labels().add(5)
    first.histogram("b", "b", bounds=(1, 2)).labels().observe(1.5)
    first.gauge("c", "c").labels().set(7)
    opened = Region.open(shared.fd)
    opened.claim()
    second = Measures(opened)
    second.counter("a_total", "a").labels().add(1)
    second.histogram("b", "b", bounds=(1, 2)).labels().observe(9)
    second.gauge("c", "c")
    counter, histogram, gauge = second.collect()
    assert counter.values == {(): 6}
    assert histogram.histograms[()].buckets == [0, 1, 1]
    assert gauge.values == {}
    assert len(opened.series()) == 3
    opened.close()


def test_a_total_that_is_set_goes_on_from_what_others_counted(shared):
    """`set_total` says what this process has counted."""
    Measures(shared).counter("a_total", "a").labels().set_total(5)
    opened = Region.open(shared.fd)
    opened.claim()
    counter = Measures(opened).counter("a_total", "a").labels()
    counter.set_total(1)
    counter.set_total(2)
    assert opened.cells[opened.series()[0].first] == 7
    opened.close()


def test_a_full_region_warns_once_and_harms_nobody(monkeypatch, caplog):
    """What finds no room is not counted, and what is there goes on."""
    monkeypatch.setattr(region, "CELLS", region.SCRATCH_CELLS + 3)
    made = Region.create_private()
    counter = Measures(made).counter("things_total", "things", ("kind",))
    with caplog.at_level(logging.WARNING):
        for number in range(9):
            counter.labels(str(number)).add(number)
    assert [record.message for record in caplog.records] == [
        "no room for more measures: things_total and others are not counted"
    ]
    (family,) = Measures(made).collect()
    assert family.values == {("0",): 0, ("1",): 1, ("2",): 2}


def test_a_full_directory_is_a_full_region(monkeypatch):
    monkeypatch.setattr(region, "DIRECTORY_BYTES", 200)
    made = Region.create_private()
    for number in range(20):
        made.find(COUNTER, (str(number),))
    assert 0 < len(made.series()) < 20


def test_other_files_are_no_regions(tmp_path):
    """A wrong number is refused before anything is read or written."""
    with (tmp_path / "file").open("w+b") as file:
        file.truncate(100)
        with pytest.raises(NotARegion, match="size"):
            Region.open(file.fileno())
        file.truncate(region.REGION_BYTES)
        with pytest.raises(NotARegion, match="begin"):
            Region.open(file.fileno())


def test_only_a_claimed_region_with_a_running_writer_is_alive():
    made = Region.create_shared()
    assert not made.is_alive
    made.claim()
    assert made.is_alive
    made._header[region._PID], made._header[region._STARTED] = os.getppid(), 1  # a number that is used again
    assert not made.is_alive
    made.claim()
    made.release()
    assert not made.is_alive
    os.close(made.fd)
