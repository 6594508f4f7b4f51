from processes.restarts import FIRST_PAUSE_SECONDS, LONG_LIFE_SECONDS, LONGEST_PAUSE_SECONDS, Restarts


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def pause(restarts, clock):
    """How long what has just died waits for its start."""
    began = clock.now
    while not restarts.due():
        clock.now += FIRST_PAUSE_SECONDS
    return clock.now - began


def test_the_pause_doubles_up_to_a_bound_and_never_stops_working():
    clock = Clock()
    restarts = Restarts(clock)
    pauses = []
    for _ in range(3000):  # a night of a worker that cannot reach its broker is more than 1,024 deaths
        restarts.died("one")
        assert restarts.waiting("one")
        pauses.append(pause(restarts, clock))
        assert not restarts.waiting("one")
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert set(pauses[6:]) == {LONGEST_PAUSE_SECONDS}


def test_what_has_lived_long_is_started_soon_again():
    clock = Clock()
    restarts = Restarts(clock)
    for _ in range(10):
        restarts.died("one")
        last = pause(restarts, clock)
    assert last == LONGEST_PAUSE_SECONDS
    clock.now += LONG_LIFE_SECONDS
    restarts.died("one")
    assert pause(restarts, clock) == FIRST_PAUSE_SECONDS


def test_names_are_apart():
    clock = Clock()
    restarts = Restarts(clock)
    restarts.died("one")
    clock.now += FIRST_PAUSE_SECONDS
    restarts.died("other")
    assert restarts.due() == ["one"]
    assert restarts.due() == []
    clock.now += FIRST_PAUSE_SECONDS
    assert restarts.due() == ["other"]
