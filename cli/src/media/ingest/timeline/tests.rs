//! Streams that go on over gaps, jumps and times that wrap.

use super::*;

const MPEG: TimeBase = TimeBase {
    num: 1,
    den: 90_000,
};
const MS: i64 = 1_000_000;

fn times(pts: i64, discontinuity: bool) -> Times {
    Times {
        pts: Some(pts),
        duration: 40 * MS,
        discontinuity,
    }
}

fn packet(pts: i64, dts: i64) -> PacketTimes {
    PacketTimes {
        pts: Some(pts),
        dts: Some(dts),
        duration: 40 * MS,
    }
}

#[test]
fn times_are_the_inputs_own() {
    let mut timeline = Timeline::default();
    let mut place = |time| timeline.place(Some(time), 40 * MS, MPEG);
    assert_eq!(place(126_000), times(1400 * MS, false));
    assert_eq!(place(129_600), times(1440 * MS, false));
    // Back in time is the input's business as well.
    assert_eq!(place(126_000), times(1400 * MS, false));
}

#[test]
fn an_input_that_begins_anew_goes_on() {
    let mut timeline = Timeline::default();
    timeline.place(Some(126_000), 40 * MS, MPEG);
    timeline.restart(Duration::ZERO);
    assert_eq!(
        timeline.place(Some(126_000), 40 * MS, MPEG),
        times(1440 * MS, true)
    );
    assert_eq!(
        timeline.place(Some(129_600), 40 * MS, MPEG),
        times(1480 * MS, false)
    );
    // Tried twice.
    timeline.restart(Duration::from_millis(200));
    timeline.restart(Duration::from_millis(300));
    assert_eq!(
        timeline.place(Some(0), 40 * MS, MPEG),
        times(2020 * MS, true)
    );
}

#[test]
fn packets_and_pictures_have_one_clock() {
    let mut timeline = Timeline::default();
    let mut place = |pts, dts| timeline.place_packet(Some(pts), Some(dts), 40 * MS, MPEG);
    assert_eq!(place(0, -7200), packet(0, -80 * MS));
    assert_eq!(place(7200, -3600), packet(80 * MS, -40 * MS));
    assert_eq!(place(3600, 0), packet(40 * MS, 0));
    assert_eq!(timeline.place(Some(0), 40 * MS, MPEG), times(0, false));
    // The rest is never decoded, and nevertheless the next one begins behind it.
    timeline.restart(Duration::ZERO);
    let mut place = |pts, dts| timeline.place_packet(Some(pts), Some(dts), 40 * MS, MPEG);
    assert_eq!(place(0, -7200), packet(120 * MS, 40 * MS));
    assert_eq!(
        timeline.place(Some(0), 40 * MS, MPEG),
        times(120 * MS, true)
    );
    let none = timeline.place_packet(None, None, 0, MPEG);
    assert_eq!((none.pts, none.dts), (None, None));
}

#[test]
fn an_input_that_begins_without_a_time_goes_on_too() {
    let mut timeline = Timeline::default();
    timeline.place(Some(126_000), 40 * MS, MPEG);
    timeline.restart(Duration::from_millis(100));
    assert_eq!(timeline.place(None, 40 * MS, MPEG), times(1540 * MS, true));
    assert_eq!(
        timeline.place(Some(0), 40 * MS, MPEG),
        times(1580 * MS, false)
    );
    assert_eq!(
        timeline.place(Some(3600), 40 * MS, MPEG),
        times(1620 * MS, false)
    );
}

#[test]
fn packets_that_begin_without_a_time_leave_room_for_it() {
    let mut timeline = Timeline::default();
    timeline.count_in(0, MPEG, 2);
    timeline.place(Some(126_000), 40 * MS, MPEG);
    timeline.restart(Duration::ZERO);
    let none = timeline.place_packet(None, None, 40 * MS, MPEG);
    assert_eq!((none.pts, none.dts), (None, None));
    // It is shown after two that are decoded after it.
    let last = timeline.place_packet(Some(7200), None, 40 * MS, MPEG);
    assert_eq!(last.pts, Some(1560 * MS));
    let first = timeline.place_packet(Some(0), None, 40 * MS, MPEG);
    assert_eq!(first.pts, Some(1480 * MS));
    assert_eq!(timeline.place(None, 40 * MS, MPEG), times(1440 * MS, true));
    assert_eq!(
        timeline.place(Some(0), 40 * MS, MPEG),
        times(1480 * MS, false)
    );
}

#[test]
fn times_that_count_from_the_beginning_go_on() {
    const BITS: u32 = 33;
    let period = 1 << BITS;
    let mut timeline = Timeline::default();
    timeline.count_in(BITS, MPEG, 0);
    let last = period - 3600;
    let begin = nanoseconds(last, MPEG).expect("a time");
    for turn in 0..3 {
        let turns = nanoseconds(turn * period, MPEG).expect("a time");
        timeline.next = Some(begin + turns);
        timeline.decoded = Some(begin + turns);
        let before = timeline.place(Some(last), 40 * MS, MPEG);
        assert_eq!(before.pts.map(|pts| pts - begin - turns), Some(0));
        // The packet wraps before its picture does.
        let packet = timeline.place_packet(Some(3600), Some(0), 40 * MS, MPEG);
        assert_eq!(packet.dts.map(|dts| dts - begin - turns), Some(40 * MS));
        assert_eq!(packet.pts.map(|pts| pts - begin - turns), Some(80 * MS));
        let after = timeline.place(Some(0), 40 * MS, MPEG);
        assert_eq!(after.pts.map(|pts| pts - begin - turns), Some(40 * MS));
        assert!(!after.discontinuity);
    }
    // Half a day back is no wrap.
    assert!(timeline.place(Some(period / 2), 0, MPEG).discontinuity);
}

#[test]
fn a_jump_is_told() {
    let mut timeline = Timeline::default();
    let mut jumps = |time| timeline.place(Some(time), 40 * MS, MPEG).discontinuity;
    assert!(!jumps(0));
    assert!(jumps(90_000 * 60));
    assert!(!jumps(90_000 * 60 + 3600));
    assert!(jumps(0));
}

#[test]
fn no_time_is_too_large() {
    let longest = TimeBase {
        num: i32::MAX,
        den: 1,
    };
    let finest = TimeBase {
        num: 1,
        den: i32::MAX,
    };
    for time in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
        for (base, bits) in [(MPEG, 33), (longest, 64), (finest, 1), (finest, 63)] {
            let mut timeline = Timeline::default();
            timeline.count_in(bits, base, 16);
            timeline.place(Some(time), time.max(0), base);
            timeline.place_packet(Some(time), Some(time.wrapping_neg()), time.max(0), base);
            timeline.restart(Duration::MAX);
            timeline.place(Some(time), 0, base);
            timeline.place_packet(None, Some(time), i64::MAX, base);
            timeline.restart(Duration::MAX);
            timeline.restart(Duration::MAX);
            let last = timeline.place(Some(i64::MAX), i64::MAX, base);
            assert!(last.duration >= 0 && last.pts != Some(i64::MIN));
            crate::ingest::clock::Thinner::new(i64::MAX).is_due(last.pts);
        }
    }
    let mut timeline = Timeline::default();
    assert_eq!(timeline.place(None, 40 * MS, MPEG).pts, None);
    timeline.place(Some(0), 40 * MS, MPEG);
    // The last ones of some files have none.
    assert_eq!(timeline.place(None, 40 * MS, MPEG), times(40 * MS, false));
}
