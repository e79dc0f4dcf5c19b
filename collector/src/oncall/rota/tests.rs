use super::*;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn turn(from: &str, to: &str, people: &[&str]) -> Turn {
    let people = people.iter().map(|name| (*name).to_owned()).collect();
    Turn { from: from.parse().unwrap(), to: to.parse().unwrap(), people }
}

fn rota(turns: Vec<Turn>, overrides: Vec<Override>) -> Result<Rota, RotaError> {
    Rota::new(berlin(), "2026-01-05".parse().unwrap(), turns, overrides)
}

/// A moment in UTC.
fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

#[test]
fn weeks_go_round_and_hand_over_by_the_clock_on_the_wall() {
    let weekly = rota(vec![turn("Mon 09:00", "Mon 09:00", &["anna", "ben", "cem"])], vec![]);
    let weekly = weekly.unwrap();
    for (at, who) in [
        // Nine in Berlin is eight in UTC in winter and seven in summer.
        ("2026-01-05T07:59:59Z", "cem"),
        ("2026-01-05T08:00:00Z", "anna"),
        ("2026-01-12T07:59:59Z", "anna"),
        ("2026-01-12T08:00:00Z", "ben"),
        ("2026-01-19T08:00:00Z", "cem"),
        ("2026-01-26T08:00:00Z", "anna"),
        ("2026-03-30T06:59:59Z", "cem"),
        ("2026-03-30T07:00:00Z", "anna"),
        ("2026-10-26T07:59:59Z", "cem"),
        ("2026-10-26T08:00:00Z", "anna"),
        ("2025-12-29T08:00:00Z", "cem"),
    ] {
        assert_eq!(weekly.on_duty(ms(at)), Some(who), "{at}");
    }
    let ahead = weekly.ahead(ms("2026-03-25T12:00:00Z"), 2);
    let expected = [("2026-03-30T07:00:00Z", "anna"), ("2026-04-06T07:00:00Z", "ben")];
    assert_eq!(ahead, expected.map(|(at, who)| (ms(at), who.to_owned())));
}

#[test]
fn an_hour_that_comes_twice_is_the_first_and_one_that_never_comes_the_moment_after() {
    // Clocks go from 02:00 to 03:00 on 29 March and from 03:00 back to 02:00 on 25 October.
    let turns =
        vec![turn("Sun 02:30", "Mon 08:00", &["night"]), turn("Mon 08:00", "Sun 02:30", &["day"])];
    let rota = rota(turns, vec![]).unwrap();
    for (at, who) in [
        ("2026-03-29T00:59:59Z", "day"),
        ("2026-03-29T01:00:00Z", "night"),
        ("2026-10-25T00:29:59Z", "day"),
        ("2026-10-25T00:30:00Z", "night"),
        // It is half past two again, and a little before it.
        ("2026-10-25T01:10:00Z", "night"),
        ("2026-10-25T01:30:00Z", "night"),
        ("2026-10-26T06:59:59Z", "night"),
        ("2026-10-26T07:00:00Z", "day"),
    ] {
        assert_eq!(rota.on_duty(ms(at)), Some(who), "{at}");
    }
}

#[test]
fn a_gap_is_refused_by_its_name_and_so_is_what_overlaps() {
    let wrong = |turns: &[(&str, &str)], overrides| {
        let turns = turns.iter().map(|(from, to)| turn(from, to, &["anna"])).collect();
        rota(turns, overrides).err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (turns, expected) in [
        (&[("Mon 09:00", "Fri 17:00")][..], "leaves nobody on duty from Fri 17:00 to Mon 09:00"),
        (
            &[("Mon 09:00", "Fri 17:00"), ("Fri 18:00", "Mon 09:00")],
            "leaves nobody on duty from Fri 17:00 to Fri 18:00",
        ),
        (
            &[("Mon 09:00", "Fri 17:00"), ("Fri 16:00", "Mon 09:00")],
            "has two turns at once from Fri 16:00 on",
        ),
        (&[("Mon 09:00", "Fri 17:00"), ("Fri 17:00", "Mon 09:00")], ""),
        (&[("Sun 22:00", "Sun 22:00")], ""),
        (
            &[("Sun 22:00", "Sun 22:00"), ("Sun 22:00", "Sun 22:00")],
            "has two turns at once from Sun 22:00 on",
        ),
    ] {
        assert_eq!(wrong(turns, vec![]), expected, "{turns:?}");
    }
    let stands_in =
        |person: &str, from_ms, to_ms| Override { person: person.into(), from_ms, to_ms };
    let both = vec![stands_in("ben", 50, 100), stands_in("cem", 99, 120)];
    let whole = [("Mon 09:00", "Mon 09:00")];
    assert_eq!(wrong(&whole, both), "has ben and cem stand in at the same time");
    for text in ["Mon", "Mon 9:00", "Mon 24:00", "Mo 09:00", "Mon 09:60", "Mon +9:00"] {
        assert_eq!(text.parse::<WeekTime>(), Err(WeekTimeError), "{text}");
    }
}

#[test]
fn whoever_stands_in_does_so_to_the_moment() {
    let (from_ms, to_ms) = (ms("2026-01-07T12:00:00Z"), ms("2026-01-08T12:00:00Z"));
    let stands_in = Override { person: "dora".into(), from_ms, to_ms };
    let rota = rota(vec![turn("Mon 09:00", "Mon 09:00", &["anna"])], vec![stands_in]).unwrap();
    for (at_ms, who) in
        [(from_ms - 1, "anna"), (from_ms, "dora"), (to_ms - 1, "dora"), (to_ms, "anna")]
    {
        assert_eq!(rota.on_duty(at_ms), Some(who));
    }
    let names: Vec<&str> = rota.people().collect();
    assert_eq!(names, ["anna", "dora"]);
}
