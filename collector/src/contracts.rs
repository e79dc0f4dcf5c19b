//! What a provider asks for traffic, and what it lets through: contracts in every usual form, and what a
//! month of measured traffic comes to by each of them.
//!
//! Pure: it knows steps of five minutes, no host, no offer and no clock. Money is counted in whole minor
//! units of the contract's currency.

mod account;
mod contract;
mod cycle;
mod statement;
mod traffic;

pub use self::account::Account;
pub use self::contract::{
    Beyond, Burst, Contract, Counted, Form, Port, Price, Rounding, SHARED_PART, Sharing,
};
pub use self::cycle::{Cycle, CycleDay, CycleDayError};
pub use self::statement::{Charge, Charged, Statement};
pub use self::traffic::{BYTES_PER_MBIT_STEP, STEP_MINUTES, STEP_MS, Series, Step, Traffic};

#[cfg(test)]
mod tests;
