use super::*;
use crate::rules::evaluation::Surroundings;
use crate::rules::{AlertState, Health, read};
use crate::samples::{Memory, Series};

/// A book over samples in memory.
struct Scene {
    samples: Memory,
    book: Book,
}

impl Scene {
    fn new(rules: &str) -> Self {
        let mut scene = Self { samples: Memory::default(), book: Book::default() };
        scene.read(rules);
        scene
    }

    fn read(&mut self, rules: &str) {
        self.book.replace(read("r.yml", rules, 15_000).unwrap());
    }

    fn restart(self, rules: &str, now_ms: i64) -> Self {
        let mut scene = Self { book: Book::default(), ..self };
        scene.book.remember(&scene.samples, &Budget::unlimited(), now_ms).unwrap();
        scene.read(rules);
        scene
    }

    fn tick(&mut self, at_ms: i64) {
        let budget = Budget::unlimited();
        let surroundings = Surroundings::default();
        for place in self.book.due(at_ms) {
            let tick = Tick {
                samples: &self.samples,
                budget: &budget,
                at_ms,
                surroundings: &surroundings,
                stopwatch: &|| 0.0,
            };
            let outcome = self.book.group(place).unwrap().evaluate(&tick);
            self.store(&outcome.written);
            let ends = self.book.note(place, &outcome.written, at_ms);
            self.store(&ends);
        }
    }

    fn store(&mut self, written: &[Written]) {
        for Written { labels, at_ms, value } in written {
            let all = self.series();
            let known = all.iter().find(|series| series.labels == *labels);
            let last = known.and_then(|series| series.timestamps.last());
            assert!(last.is_none_or(|last| last < at_ms), "{labels:?} at {at_ms}");
            self.samples.put(labels, *at_ms, *value);
        }
    }

    fn load(&mut self, instance: &str, at_ms: i64, value: f64) {
        let labels = Labels::new("load", [("instance", instance)]);
        self.store(&[Written { labels, at_ms, value }]);
    }

    fn series(&self) -> Vec<Series> {
        self.samples.select(Selection::ever(&[]), Hints::ALL, &Budget::unlimited()).unwrap()
    }

    /// What a series had, stale markers as `-`.
    fn show(&self, series: &str) -> String {
        let all = self.series();
        let found = all.iter().find(|found| found.labels.to_string() == series);
        let show = |(at_ms, value): (&i64, &f64)| {
            let is_end = value.to_bits() == STALE_BITS;
            let value = if is_end { "-".to_owned() } else { value.to_string() };
            format!("{}:{value}", at_ms / 1000)
        };
        found.map_or_else(String::new, |found| {
            let samples = found.timestamps.iter().zip(&found.values);
            samples.map(show).collect::<Vec<_>>().join(" ")
        })
    }

    fn states(&self) -> Vec<(AlertState, i64)> {
        let reports = self.book.reports();
        let rules = reports.iter().flat_map(|group| &group.rules);
        let alerts = rules.flat_map(|rule| &rule.alerts);
        alerts.map(|alert| (alert.state, alert.active_at_ms)).collect()
    }
}

const RULES: &str = "
groups:
- name: g
  rules:
  - record: doubled
    expr: load * 2
  - alert: High
    expr: doubled > 10
    for: 30s
";

const DOUBLED: &str = "doubled{instance=\"ca1\"}";
const PENDING: &str = "ALERTS{alertname=\"High\",alertstate=\"pending\",instance=\"ca1\"}";
const FIRING: &str = "ALERTS{alertname=\"High\",alertstate=\"firing\",instance=\"ca1\"}";
const SINCE: &str = "ALERTS_FOR_STATE{alertname=\"High\",instance=\"ca1\"}";

fn load(scene: &mut Scene, at_ms: i64, value: f64) {
    scene.load("ca1", at_ms, value);
}

#[test]
fn a_rule_sees_what_the_one_before_it_found_at_the_same_moment_and_ends_are_marked() {
    let mut scene = Scene::new(RULES);
    for (at_s, value) in
        [(15, 1.0), (30, 9.0), (45, 9.0), (60, 9.0), (75, 1.0), (90, f64::from_bits(STALE_BITS))]
    {
        load(&mut scene, at_s * 1000, value);
        scene.tick(at_s * 1000);
    }
    assert_eq!(scene.show(DOUBLED), "15:2 30:18 45:18 60:18 75:2 90:-");
    assert_eq!(scene.show(PENDING), "30:1 45:1 60:-");
    assert_eq!(scene.show(FIRING), "60:1 75:-");
    assert_eq!(scene.show(SINCE), "30:30 45:30 60:30 75:-");
}

#[test]
fn a_rule_that_fails_says_so_ends_nothing_and_hinders_no_other() {
    let mut scene = Scene::new(
        "groups:\n- name: g\n  rules:\n  - {record: same, expr: 'sum by (x) (label_replace(load, \"instance\", \"\", \"\", \"\"))'}\n  - {record: r, expr: load}\n  - {record: text, expr: '\"a\"'}\n",
    );
    load(&mut scene, 15_000, 1.0);
    scene.tick(15_000);
    let reports = scene.book.reports();
    let health: Vec<Health> = reports[0].rules.iter().map(|rule| rule.health.clone()).collect();
    let text = Health::Bad("rule result is not a vector or scalar".into());
    assert_eq!(health, [Health::Good, Health::Good, text]);
    assert_eq!(scene.show("r{instance=\"ca1\"}"), "15:1");
    let mut scene =
        Scene::new("groups:\n- name: g\n  limit: 1\n  rules:\n  - {record: r, expr: load}\n");
    load(&mut scene, 15_000, 1.0);
    scene.tick(15_000);
    scene.load("ca2", 30_000, 1.0);
    scene.tick(30_000);
    let failed = Health::Bad("exceeded limit of 1 with 2 series".into());
    assert_eq!(scene.book.reports()[0].rules[0].health, failed);
    assert_eq!(scene.show("r{instance=\"ca1\"}"), "15:1");
}

#[test]
fn a_new_reading_takes_over_what_stays_and_ends_what_is_gone() {
    let mut scene = Scene::new(RULES);
    load(&mut scene, 15_000, 9.0);
    scene.tick(15_000);
    scene.read(&RULES.replace("for: 30s", "for: 45s"));
    scene.tick(30_000);
    assert_eq!(scene.states(), [(AlertState::Pending, 15_000)]);
    scene.read("groups: []");
    scene.read(&RULES.replace("alert: High", "alert: Higher").replace("name: g", "name: h"));
    scene.tick(45_000);
    assert_eq!(scene.show(DOUBLED), "15:18 30:18 45:18");
    assert_eq!(scene.show(SINCE), "15:15 30:15 45:-");
    assert_eq!(scene.show(PENDING), "15:1 30:1 45:-");
}

/// An alert pends since 15 s, and 14 s later there was a restart.
fn restarted() -> Scene {
    let mut scene = Scene::new(RULES);
    load(&mut scene, 15_000, 9.0);
    scene.tick(15_000);
    let mut scene = scene.restart(RULES, 29_000);
    scene.tick(30_000);
    assert_eq!(scene.states(), [(AlertState::Pending, 15_000)]);
    scene
}

#[test]
fn a_restart_in_the_middle_keeps_for_exactly() {
    let mut scene = restarted();
    scene.tick(45_000);
    assert_eq!(scene.states(), [(AlertState::Firing, 15_000)]);
    assert_eq!(scene.show(PENDING), "15:1 30:1 45:-");
    // It heals while nothing runs: its series end with the first evaluation.
    load(&mut scene, 50_000, 1.0);
    let mut scene = scene.restart(RULES, 59_000);
    scene.tick(60_000);
    assert_eq!(scene.states(), []);
    assert_eq!(scene.show(FIRING), "45:1 60:-");
    // What ended before a restart is not remembered.
    load(&mut scene, 65_000, 9.0);
    let mut scene = scene.restart(RULES, 70_000);
    scene.tick(75_000);
    assert_eq!(scene.states(), [(AlertState::Pending, 75_000)]);
    // Nor what is too long ago.
    let mut scene = scene.restart(RULES, 75_001 + OUTAGE_TOLERANCE_MS);
    let later = 90_000 + OUTAGE_TOLERANCE_MS;
    load(&mut scene, later, 9.0);
    scene.tick(later);
    assert_eq!(scene.states(), [(AlertState::Pending, later)]);
}

#[test]
fn what_heals_after_a_restart_and_comes_again_pends_anew() {
    let mut scene = restarted();
    load(&mut scene, 40_000, 1.0);
    scene.tick(45_000);
    load(&mut scene, 55_000, 9.0);
    scene.tick(60_000);
    assert_eq!(scene.states(), [(AlertState::Pending, 60_000)]);
}

#[test]
fn groups_are_due_at_whole_multiples_of_their_interval() {
    let scene = Scene::new(
        "groups:\n- {name: a, interval: 10s}\n- {name: b, interval: 15s}\n- {name: c, interval: 1m}\n",
    );
    let mut now_ms = 0;
    let mut due = Vec::new();
    while now_ms < 60_000 {
        now_ms = scene.book.next_ms(now_ms).unwrap();
        due.push((now_ms / 1000, scene.book.due(now_ms)));
    }
    let expected: [(i64, &[usize]); 8] = [
        (10, &[0]),
        (15, &[1]),
        (20, &[0]),
        (30, &[0, 1]),
        (40, &[0]),
        (45, &[1]),
        (50, &[0]),
        (60, &[0, 1, 2]),
    ];
    let expected: Vec<(i64, Vec<usize>)> =
        expected.iter().map(|(at, places)| (*at, places.to_vec())).collect();
    assert_eq!(due, expected);
    assert_eq!(Scene::new("groups: []").book.next_ms(5), None);
}

#[test]
fn an_offset_moves_what_is_looked_at_and_not_what_is_counted() {
    let mut scene = Scene::new(
        "groups:\n- name: g\n  query_offset: 30s\n  rules:\n  - {alert: High, expr: load > 5}\n",
    );
    load(&mut scene, 15_000, 9.0);
    scene.tick(30_000);
    assert_eq!(scene.states(), []);
    scene.tick(45_000);
    assert_eq!(scene.states(), [(AlertState::Firing, 45_000)]);
    assert_eq!(scene.show(FIRING), "15:1");
}

#[test]
fn templates_ask_at_the_moment_of_the_group_whatever_its_offset() {
    let mut scene = Scene::new(
        "groups:\n- name: g\n  query_offset: 30s\n  rules:\n  - alert: High\n    expr: load > 5\n    \
         annotations: {now: '{{ query \"load\" | first | value }}', then: '{{ $value }}'}\n",
    );
    load(&mut scene, 15_000, 9.0);
    load(&mut scene, 40_000, 3.0);
    scene.tick(45_000);
    let reports = scene.book.reports();
    let annotations = &reports[0].rules[0].alerts[0].annotations;
    let shown: Vec<&str> = annotations.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(shown, ["3", "9"]);
}

#[test]
fn a_stored_label_may_be_long_and_what_a_template_writes_may_not() {
    let mut scene = Scene::new(
        "groups:\n- name: g\n  rules:\n  - {record: doubled, expr: load * 2}\n  - {alert: High, expr: load > 5}\n  \
         - {alert: Long, expr: load > 5, labels: {twice: '{{ $labels.instance }}{{ $labels.instance }}'}}\n",
    );
    let instance = "i".repeat(3000);
    scene.load(&instance, 10_000, 9.0);
    scene.tick(15_000);
    let reports = scene.book.reports();
    let [doubled, high, long] = &reports[0].rules[..] else { panic!("three rules") };
    assert_eq!((&doubled.health, &high.health), (&Health::Good, &Health::Good));
    assert_eq!(high.alerts.len(), 1);
    let why = "label \"twice\" has 6000 bytes, more than 4096";
    assert_eq!(long.health, Health::Bad(why.into()));
}
