//! How the kernel's clock is set, by adjtimex(2), which is only asked here. A host whose clock is wrong
//! tells the wrong moments of all else.

use std::io::ErrorKind;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    Metric, NODE_TIMEX_ESTIMATED_ERROR_SECONDS, NODE_TIMEX_FREQUENCY_ADJUSTMENT_RATIO,
    NODE_TIMEX_LOOP_TIME_CONSTANT, NODE_TIMEX_MAXERROR_SECONDS, NODE_TIMEX_OFFSET_SECONDS,
    NODE_TIMEX_PPS_CALIBRATION_TOTAL, NODE_TIMEX_PPS_ERROR_TOTAL, NODE_TIMEX_PPS_FREQUENCY_HERTZ,
    NODE_TIMEX_PPS_JITTER_SECONDS, NODE_TIMEX_PPS_JITTER_TOTAL, NODE_TIMEX_PPS_SHIFT_SECONDS,
    NODE_TIMEX_PPS_STABILITY_EXCEEDED_TOTAL, NODE_TIMEX_PPS_STABILITY_HERTZ, NODE_TIMEX_STATUS,
    NODE_TIMEX_SYNC_STATUS, NODE_TIMEX_TAI_OFFSET_SECONDS, NODE_TIMEX_TICK_SECONDS,
};
use rtime_clock::adjtime::{self, Timex as State};

use super::{SampleError, Sampler};
use crate::series::Round;

/// What adjtimex answers if the clock follows no other one (`TIME_ERROR`).
const NOT_FOLLOWING: i32 = 5;

/// The bit of the status by which offset and jitter are in nanoseconds (`STA_NANO`).
const IN_NANOSECONDS: i32 = 0x2000;

const NANOSECONDS: f64 = 1e9;
const MICROSECONDS: f64 = 1e6;

/// Frequencies are in millionths, of which 16 bits are behind the point.
const MILLIONTHS: f64 = 1e6 * 65536.0;

pub struct Timex;

impl Sampler for Timex {
    fn name(&self) -> &'static str {
        "timex"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        // Without a mode nothing is set.
        let mut state = State::new();
        match adjtime::adjtimex(&mut state) {
            Ok(clock) => push(clock, &state, round),
            // Some containers may not even ask.
            Err(error) if may_not_ask(&error) => {}
            Err(source) => return Err(SampleError::Ask { program: "adjtimex".into(), source }),
        }
        Ok(())
    }
}

fn may_not_ask(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported)
}

fn push(clock: i32, State(state): &State, round: &mut Round<'_>) {
    let small = if state.status & IN_NANOSECONDS == 0 { MICROSECONDS } else { NANOSECONDS };
    let follows = if clock == NOT_FOLLOWING { 0.0 } else { 1.0 };
    let figures: [(&Metric, f64); 17] = [
        (NODE_TIMEX_SYNC_STATUS, follows),
        (NODE_TIMEX_OFFSET_SECONDS, state.offset as f64 / small),
        (NODE_TIMEX_FREQUENCY_ADJUSTMENT_RATIO, 1.0 + state.freq as f64 / MILLIONTHS),
        (NODE_TIMEX_MAXERROR_SECONDS, state.maxerror as f64 / MICROSECONDS),
        (NODE_TIMEX_ESTIMATED_ERROR_SECONDS, state.esterror as f64 / MICROSECONDS),
        (NODE_TIMEX_STATUS, f64::from(state.status)),
        (NODE_TIMEX_LOOP_TIME_CONSTANT, state.constant as f64),
        (NODE_TIMEX_TICK_SECONDS, state.tick as f64 / MICROSECONDS),
        (NODE_TIMEX_TAI_OFFSET_SECONDS, f64::from(state.tai)),
        (NODE_TIMEX_PPS_FREQUENCY_HERTZ, state.ppsfreq as f64 / MILLIONTHS),
        (NODE_TIMEX_PPS_JITTER_SECONDS, state.jitter as f64 / small),
        (NODE_TIMEX_PPS_SHIFT_SECONDS, f64::from(state.shift)),
        (NODE_TIMEX_PPS_STABILITY_HERTZ, state.stabil as f64 / MILLIONTHS),
        (NODE_TIMEX_PPS_JITTER_TOTAL, state.jitcnt as f64),
        (NODE_TIMEX_PPS_CALIBRATION_TOTAL, state.calcnt as f64),
        (NODE_TIMEX_PPS_ERROR_TOTAL, state.errcnt as f64),
        (NODE_TIMEX_PPS_STABILITY_EXCEEDED_TOTAL, state.stbcnt as f64),
    ];
    for (metric, value) in figures {
        round.push(metric.name, &[], value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Reading;

    fn told(clock: i32, state: &State) -> Vec<(String, f64)> {
        let mut reading = Reading::default();
        push(clock, state, &mut Round::new(&mut reading));
        reading.named().map(|one| (one.metric.to_owned(), one.value)).collect()
    }

    #[test]
    fn a_clock_that_follows_another_and_one_that_does_not() {
        let mut state = State::new();
        state.0.offset = -1_500;
        state.0.freq = -65_536_000;
        state.0.maxerror = 16_000_000;
        state.0.tick = 10_000;
        state.0.tai = 37;
        state.0.errcnt = 2;
        for (clock, status, offset, follows) in
            [(0, 0, -0.0015, 1.0), (5, 0x40, -0.0015, 0.0), (0, 0x2001, -0.000_001_5, 1.0)]
        {
            state.0.status = status;
            let told = told(clock, &state);
            for (name, value) in [
                ("sync_status", follows),
                ("offset_seconds", offset),
                ("frequency_adjustment_ratio", 0.999),
                ("maxerror_seconds", 16.0),
                ("status", f64::from(status)),
                ("tick_seconds", 0.01),
                ("tai_offset_seconds", 37.0),
                ("pps_error_total", 2.0),
            ] {
                assert!(told.contains(&(format!("node_timex_{name}"), value)), "{name} {told:?}");
            }
            assert_eq!(told.len(), 17);
        }
    }
}
