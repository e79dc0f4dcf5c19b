//! Who meets when: four kinds of hosts that differ in size, cameras and shares.

use super::super::chance::Chance;
use super::day::Meeting;

/// A kind of host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Classes on weekday mornings.
    School,
    /// Small groups with all cameras, the whole day.
    LanguageSchool,
    /// Lectures with a share, seminars beside them.
    University,
    /// Organisations of all sizes, evenings too.
    Federation,
}

/// One sort of meeting of a profile.
struct Sort {
    /// How many begin in an hour, at scale 1.
    an_hour: f64,
    /// First and last hour in which they begin.
    hours: [i64; 2],
    minutes: [i64; 2],
    people: [f64; 2],
    /// Share of people with a camera, least and most.
    shown: [f64; 2],
    /// Share of meetings with a screen.
    shared: f64,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::School, Self::LanguageSchool, Self::University, Self::Federation];

    fn sorts(self) -> Vec<Sort> {
        let sort = |an_hour, hours, minutes, people, shown, shared| Sort {
            an_hour,
            hours,
            minutes,
            people,
            shown,
            shared,
        };
        match self {
            Self::School => vec![sort(4.0, [8, 12], [40, 55], [14.0, 28.0], [0.1, 0.6], 0.4)],
            Self::LanguageSchool => {
                vec![sort(4.0, [9, 19], [45, 90], [3.0, 9.0], [0.7, 1.0], 0.3)]
            }
            Self::University => vec![
                sort(1.0, [8, 17], [75, 95], [35.0, 150.0], [0.01, 0.06], 0.85),
                sort(2.0, [8, 18], [60, 95], [8.0, 25.0], [0.1, 0.5], 0.6),
            ],
            Self::Federation => vec![
                sort(2.0, [9, 20], [40, 120], [4.0, 14.0], [0.5, 1.0], 0.35),
                sort(0.4, [10, 20], [60, 120], [15.0, 50.0], [0.1, 0.5], 0.5),
            ],
        }
    }

    /// The meetings of a day of the week, Monday 0.
    pub(super) fn meetings(self, chance: &mut Chance, weekday: i32, scale: f64) -> Vec<Meeting> {
        let weekend = match self {
            Self::School | Self::LanguageSchool => 0.0,
            Self::University => 0.05,
            Self::Federation => 0.3,
        };
        let of_day = match weekday {
            5 | 6 => weekend,
            4 => 0.8,
            _ => 1.0,
        };
        let mut meetings = Vec::new();
        for sort in self.sorts() {
            for hour in sort.hours[0]..=sort.hours[1] {
                let wanted = sort.an_hour * scale * of_day;
                let count = wanted.floor() + f64::from(u8::from(chance.happens(wanted.fract())));
                let spread = chance.between(-1, 1) as f64;
                let count = if count > 1.0 { count + spread } else { count };
                for _ in 0..count as i64 {
                    meetings.push(meeting(chance, &sort, hour));
                }
            }
        }
        meetings
    }
}

fn meeting(chance: &mut Chance, sort: &Sort, hour: i64) -> Meeting {
    let within = |chance: &mut Chance, [low, high]: [f64; 2]| low + (high - low) * chance.unit();
    // Sizes are skewed: a large meeting is rarer than a small one.
    let [least, most] = sort.people;
    let people = least * (most / least).powf(chance.unit());
    let shown = within(chance, sort.shown);
    let people = people.round().max(2.0) as u32;
    let start = hour * 60 + *chance.pick(&[0, 0, 0, 15, 30]) + chance.between(-4, 3);
    let length = chance.between(sort.minutes[0], sort.minutes[1]);
    let moderators = if people > 30 { 2 } else { 1 };
    let cameras = (f64::from(people) * shown).round().max(1.0) as u32;
    let shares = u32::from(chance.happens(sort.shared));
    Meeting::drawn(chance, start, length, [people, moderators, cameras, shares])
}
