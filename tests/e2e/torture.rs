//! The small version of `tests/compare torture`.

use harness::torture::{DeathOptions, SMALL_STORE, deaths, flips, full_disk, torn_tail};

#[tokio::test(flavor = "multi_thread")]
async fn sudden_deaths_lose_nothing_and_double_nothing() {
    let options = DeathOptions { kills: 8, seed: 1, agents: 2, store: SMALL_STORE.into() };
    let deaths = deaths(&options).await;
    assert_eq!(deaths.refused, Vec::<String>::new());
    assert!(deaths.between.is_whole(), "{:?}", deaths.between);
    assert!(deaths.verdict.is_whole(), "{:?}", deaths.verdict);
    assert!(deaths.verdict.acknowledged > 1_000, "{:?}", deaths.verdict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_noticed_in_every_kind_of_file() {
    let options = DeathOptions { kills: 4, seed: 2, agents: 1, store: SMALL_STORE.into() };
    let deaths = deaths(&options).await;
    for (_, data, ledgers) in deaths.left() {
        let flips = flips(&data, ledgers, (1, 2), 1).await;
        assert!(flips.len() >= 6, "{flips:?}");
        let bad: Vec<_> = flips.iter().filter(|flip| !flip.is_fine).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_tail_costs_only_what_was_torn() {
    let torn = torn_tail((60, 20), 1).await;
    assert!(torn.cuts == 80, "{torn:?}");
    assert_eq!(torn.faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let full = full_disk(SMALL_STORE).await;
    assert!(full.full.is_whole(), "{:?}", full.full);
    assert!(full.end.is_whole(), "{:?}", full.end);
    assert!(full.log.contains("No space left on device"), "{}", full.log);
    assert!(full.after > 0, "no writing after there was room again:\n{}", full.log);
}
