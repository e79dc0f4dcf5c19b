//! The cooperative's members and when they meet, as data.

use std::fmt;

use super::calendar::{
    ALL_WEEK, Days, FRIDAY_AND_SATURDAY, MONDAY_TO_THURSDAY, OTHER_WORKDAYS, Rest, SATURDAY,
    SUNDAY, THURSDAY, TUESDAY, WEDNESDAY, WORKDAYS,
};
use super::front_end::FrontEnd;
use super::habits::{
    ASSEMBLY, CHAPTER, CONVERSATION, Habit, LECTURE, LESSON, REHEARSAL, ROUND_TABLE, SEMINAR,
    STAGE, TRIAL, WORKING_GROUP,
};

/// An organisation that owns rooms.
#[derive(PartialEq)]
pub struct Organisation {
    /// Its place among all, part of every seed.
    pub number: u64,
    /// Its name, for people.
    pub name: &'static str,
    /// What a monitor can know it by: the tenant.
    pub tenant: &'static str,
    /// What creates its meetings.
    pub front_end: FrontEnd,
    /// Local time is UTC plus so many minutes.
    pub utc_offset_minutes: i64,
    /// The numbers of the hosts that its rooms lie on, in turn.
    pub(super) hosts: &'static [u64],
    pub(super) slots: &'static [Slot],
    pub(super) rest: Rest,
    /// What its rooms are called.
    pub(super) rooms: &'static [&'static str],
}

impl fmt::Debug for Organisation {
    /// Which it is is enough.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tenant)
    }
}

/// A time of the week at which rooms open.
#[derive(Debug, PartialEq)]
pub(super) struct Slot {
    pub(super) days: Days,
    /// Local time, in minutes after midnight.
    pub(super) at_minutes: i64,
    pub(super) length_minutes: i64,
    /// Fewest and most rooms.
    pub(super) rooms: (i64, i64),
    /// Fewest and most people in a room.
    pub(super) people: (i64, i64),
    pub(super) habit: &'static Habit,
}

const fn slot(days: Days, hour: i64, minute: i64, length_minutes: i64) -> Slot {
    let at_minutes = hour * 60 + minute;
    Slot { days, at_minutes, length_minutes, rooms: (1, 1), people: (2, 4), habit: &TRIAL }
}

impl Slot {
    const fn of(mut self, habit: &'static Habit, rooms: (i64, i64), people: (i64, i64)) -> Self {
        (self.habit, self.rooms, self.people) = (habit, rooms, people);
        self
    }
}

const CLASS: (i64, i64) = (16, 28);

static SCHOOL: [Slot; 7] = [
    slot(WORKDAYS, 8, 0, 50).of(&LESSON, (4, 7), CLASS),
    slot(WORKDAYS, 9, 0, 50).of(&LESSON, (5, 9), CLASS),
    slot(WORKDAYS, 10, 0, 50).of(&LESSON, (5, 9), CLASS),
    slot(WORKDAYS, 11, 0, 50).of(&LESSON, (3, 6), CLASS),
    slot(WORKDAYS, 13, 0, 50).of(&LESSON, (2, 4), CLASS),
    slot(WORKDAYS, 14, 0, 50).of(&LESSON, (1, 3), CLASS),
    slot(WEDNESDAY, 15, 30, 45).of(&WORKING_GROUP, (1, 2), (5, 12)),
];

static LANGUAGE_SCHOOL: [Slot; 5] = [
    slot(MONDAY_TO_THURSDAY, 17, 30, 60).of(&CONVERSATION, (2, 4), (4, 9)),
    slot(MONDAY_TO_THURSDAY, 18, 30, 60).of(&CONVERSATION, (4, 8), (5, 11)),
    slot(MONDAY_TO_THURSDAY, 19, 0, 90).of(&CONVERSATION, (3, 6), (5, 10)),
    slot(MONDAY_TO_THURSDAY, 20, 30, 60).of(&CONVERSATION, (2, 4), (4, 8)),
    slot(SATURDAY, 10, 0, 120).of(&CONVERSATION, (2, 4), (5, 10)),
];

/// Its members live around the globe: somebody is always in the open office.
static FEDERATION: [Slot; 14] = [
    slot(ALL_WEEK, 1, 0, 115).of(&WORKING_GROUP, (1, 2), (3, 8)),
    slot(ALL_WEEK, 3, 0, 115).of(&WORKING_GROUP, (1, 2), (4, 11)),
    slot(ALL_WEEK, 5, 0, 115).of(&WORKING_GROUP, (1, 2), (4, 12)),
    slot(ALL_WEEK, 7, 0, 115).of(&WORKING_GROUP, (1, 2), (4, 11)),
    slot(ALL_WEEK, 12, 0, 115).of(&WORKING_GROUP, (1, 1), (3, 9)),
    slot(ALL_WEEK, 16, 0, 115).of(&WORKING_GROUP, (1, 1), (3, 10)),
    slot(ALL_WEEK, 21, 0, 115).of(&WORKING_GROUP, (1, 1), (3, 8)),
    slot(THURSDAY, 8, 0, 120).of(&ROUND_TABLE, (1, 1), (12, 26)),
    slot(THURSDAY, 14, 0, 120).of(&ROUND_TABLE, (1, 2), (18, 40)),
    slot(THURSDAY, 18, 0, 120).of(&ROUND_TABLE, (1, 2), (18, 44)),
    slot(THURSDAY, 22, 0, 90).of(&ROUND_TABLE, (0, 1), (10, 20)),
    slot(OTHER_WORKDAYS, 9, 0, 60).of(&WORKING_GROUP, (0, 2), (4, 10)),
    slot(OTHER_WORKDAYS, 15, 0, 60).of(&WORKING_GROUP, (1, 3), (4, 12)),
    slot(OTHER_WORKDAYS, 18, 30, 75).of(&WORKING_GROUP, (0, 3), (4, 14)),
];

static UNIVERSITY: [Slot; 7] = [
    slot(WORKDAYS, 8, 0, 90).of(&LECTURE, (0, 1), (60, 110)),
    slot(WORKDAYS, 10, 0, 90).of(&LECTURE, (1, 2), (90, 160)),
    slot(WORKDAYS, 12, 0, 90).of(&LECTURE, (1, 1), (80, 140)),
    slot(WORKDAYS, 14, 0, 90).of(&LECTURE, (1, 2), (70, 130)),
    slot(WORKDAYS, 10, 0, 60).of(&SEMINAR, (1, 3), (10, 22)),
    slot(WORKDAYS, 12, 30, 60).of(&SEMINAR, (1, 3), (10, 22)),
    slot(WORKDAYS, 16, 0, 90).of(&SEMINAR, (1, 4), (10, 24)),
];

static UNION: [Slot; 4] = [
    slot(TUESDAY, 19, 0, 120).of(&ASSEMBLY, (1, 1), (150, 200)),
    slot(WEDNESDAY, 18, 30, 90).of(&CHAPTER, (1, 3), (8, 24)),
    slot(OTHER_WORKDAYS, 12, 0, 60).of(&CHAPTER, (0, 2), (4, 12)),
    slot(SATURDAY, 11, 0, 90).of(&CHAPTER, (1, 2), (14, 36)),
];

static THEATRE: [Slot; 4] = [
    slot(WEDNESDAY, 19, 30, 120).of(&REHEARSAL, (1, 2), (6, 14)),
    slot(FRIDAY_AND_SATURDAY, 20, 0, 180).of(&STAGE, (1, 2), (24, 60)),
    slot(FRIDAY_AND_SATURDAY, 23, 30, 90).of(&REHEARSAL, (1, 1), (8, 20)),
    slot(SUNDAY, 15, 0, 150).of(&REHEARSAL, (1, 3), (8, 20)),
];

static TRIALS: [Slot; 1] = [slot(WORKDAYS, 9, 0, 20)];

const NEW_YEAR: &[(i8, i8)] = &[(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)];
const AMERICA: &[(i8, i8)] = &[(1, 1), (6, 24), (7, 1), (7, 4), (12, 24), (12, 25), (12, 31)];
const GERMANY: &[(i8, i8)] = &[(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)];
const FINLAND: &[(i8, i8)] = &[(1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26)];

/// All organisations; `number` is the place. The last is nobody: meetings without an origin.
pub static ORGANISATIONS: [Organisation; 7] = [
    Organisation {
        number: 0,
        name: "Collège de la Rivière",
        tenant: "classe.riviere.example",
        front_end: FrontEnd::Greenlight3,
        utc_offset_minutes: -300,
        hosts: &[0, 0, 4],
        slots: &SCHOOL,
        rest: Rest {
            holidays: AMERICA,
            breaks: &[((1, 1), (1, 6)), ((3, 1), (3, 7)), ((7, 8), (8, 15)), ((12, 21), (12, 31))],
        },
        rooms: &["Algèbre", "Géographie", "Histoire de l'art", "Chimie", "Français", "Éthique"],
    },
    Organisation {
        number: 1,
        name: "Sprachschule Babel",
        tenant: "lernen.babel.example",
        front_end: FrontEnd::Greenlight2,
        utc_offset_minutes: 60,
        hosts: &[2, 1, 2],
        slots: &LANGUAGE_SCHOOL,
        rest: Rest { holidays: GERMANY, breaks: &[((12, 20), (12, 31)), ((1, 1), (1, 7))] },
        rooms: &["Deutsch am Abend", "Español hablado", "Français oral", "日本語 会話"],
    },
    Organisation {
        number: 2,
        name: "Federation of Co-operatives",
        tenant: "cloud.federation.example",
        front_end: FrontEnd::Nextcloud,
        utc_offset_minutes: 0,
        hosts: &[0, 1, 4],
        slots: &FEDERATION,
        rest: Rest { holidays: NEW_YEAR, breaks: &[((12, 27), (12, 30))] },
        rooms: &["All Hands Circle", "Tech Circle", "Finance Circle", "Table ronde / Round table"],
    },
    Organisation {
        number: 3,
        name: "University of Kallavesi",
        tenant: "moodle.kallavesi.example",
        front_end: FrontEnd::Moodle,
        utc_offset_minutes: 120,
        hosts: &[3, 3, 3, 1],
        slots: &UNIVERSITY,
        rest: Rest {
            holidays: FINLAND,
            breaks: &[((1, 1), (1, 8)), ((7, 1), (8, 10)), ((12, 20), (12, 31))],
        },
        rooms: &["Tilastotiede 101", "Johdatus ekologiaan", "Signal Processing", "Väitöstilaisuus"],
    },
    Organisation {
        number: 4,
        name: "Union of Care Workers",
        tenant: "care-union",
        front_end: FrontEnd::Scalelite,
        utc_offset_minutes: -300,
        hosts: &[4, 0],
        slots: &UNION,
        rest: Rest { holidays: AMERICA, breaks: &[((12, 22), (12, 31))] },
        rooms: &["Weekly assembly", "Local 12 chapter", "Bargaining committee"],
    },
    Organisation {
        number: 5,
        name: "Open Stage Collective",
        tenant: "canvas.openstage.example",
        front_end: FrontEnd::Canvas,
        utc_offset_minutes: -300,
        hosts: &[5],
        slots: &THEATRE,
        rest: Rest { holidays: AMERICA, breaks: &[] },
        rooms: &["Main stage", "Green room talk", "Improvisation night"],
    },
    Organisation {
        number: 6,
        name: "nobody",
        tenant: "unknown",
        front_end: FrontEnd::None,
        utc_offset_minutes: 60,
        hosts: &[2],
        slots: &TRIALS,
        rest: Rest { holidays: NEW_YEAR, breaks: &[] },
        rooms: &["Trial room of an administrator"],
    },
];

/// Who holds the open house that fills a link.
pub(super) static FEDERATION_OF_ALL: &Organisation = &ORGANISATIONS[2];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_are_numbered_and_their_slots_start_on_the_hour_or_half_past() {
        for (place, organisation) in ORGANISATIONS.iter().enumerate() {
            assert_eq!(organisation.number, place as u64);
            for slot in organisation.slots {
                assert_eq!(slot.at_minutes % 30, 0, "{}", organisation.name);
                assert!(slot.rooms.0 <= slot.rooms.1 && slot.people.0 <= slot.people.1);
                assert!(slot.length_minutes <= 240, "{}", organisation.name);
            }
        }
    }
}
