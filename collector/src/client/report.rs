//! `headroom report`: fetches a report of a collector, in the form that is asked for.

mod decision;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use reqwest::{StatusCode, Url};

use super::{ClientError, DEFAULT_URL, fetch, parse_url, shown};

/// Which report, of whom.
#[derive(Debug, Clone, Subcommand)]
pub enum Report {
    /// Which mixes of rooms each host carries, how many people fit, and what the limit is.
    Capacity(CapacityArguments),
    /// What each organisation owes of a month's bills, by what it used, and who pays whom.
    Costs(CostsArguments),
    /// What each host's contract has counted since its bills began anew, and whether its quota lasts.
    Cycles(CyclesArguments),
    /// What each offer of a server would cost and carry, which suits best, and why the others do not.
    Servers(ServersArguments),
    /// Whether a host carries an event beside what it usually has at that hour, and its price by parts.
    Event(EventArguments),
    /// What one meeting took, what of that was its own, and who was there.
    Meeting(MeetingArguments),
}

/// From whom a report comes, and where it goes.
#[derive(Debug, Clone, Args)]
pub struct Delivery {
    /// The collector.
    #[arg(long, value_name = "URL", default_value = DEFAULT_URL, value_parser = parse_url)]
    url: Url,
    /// The form of the report.
    #[arg(long, value_enum, default_value = "md")]
    format: ReportFormat,
    /// The file to write, in place of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What is asked of the capacity report.
#[derive(Debug, Clone, Args)]
pub struct CapacityArguments {
    #[command(flatten)]
    delivery: Delivery,
    /// One host alone.
    #[arg(long, value_name = "INSTANCE")]
    host: Option<String>,
    /// Answer for so many rooms too.
    #[arg(long, value_name = "NUMBER", requires = "people")]
    rooms: Option<u32>,
    /// People in each of them.
    #[arg(long, value_name = "NUMBER", requires = "rooms")]
    people: Option<u32>,
    /// Cameras in each.
    #[arg(long, value_name = "NUMBER", requires = "rooms")]
    cameras: Option<u32>,
    /// Screen shares in each.
    #[arg(long, value_name = "NUMBER", requires = "rooms")]
    shares: Option<u32>,
    /// The table of the CSV: mixes, load, forecast, organisations, recordings, replay or fit.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

/// What is asked of the report on costs.
#[derive(Debug, Clone, Args)]
pub struct CostsArguments {
    #[command(flatten)]
    delivery: Delivery,
    /// Such as 2020-07; this month if none is named.
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    /// The table of the CSV: balances, payments, bills, tiers or break_even.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

/// What is asked of the report on billing cycles.
#[derive(Debug, Clone, Args)]
pub struct CyclesArguments {
    #[command(flatten)]
    delivery: Delivery,
    /// One host alone.
    #[arg(long, value_name = "INSTANCE")]
    host: Option<String>,
    /// The table of the CSV: cycles.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

/// What is asked of the report on servers.
#[derive(Debug, Clone, Args)]
pub struct ServersArguments {
    #[command(flatten)]
    delivery: Delivery,
    /// Whose rooms are to move; as the file of offers has it, or the host that sent most.
    #[arg(long, value_name = "INSTANCE")]
    host: Option<String>,
    /// The table of the CSV: offers, costs, limits, latency, members, weights or decisions.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Write a decision for this offer with what it rests on, to be put into the file of offers.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["format", "table"])]
    decide: Option<String>,
    /// Why it is taken.
    #[arg(long, value_name = "TEXT", requires = "decide")]
    reason: Option<String>,
}

/// What is asked of a quote.
#[derive(Debug, Clone, Args)]
pub struct EventArguments {
    #[command(flatten)]
    delivery: Delivery,
    /// People, in all rooms together.
    #[arg(long, value_name = "NUMBER")]
    users: u32,
    /// How long it lasts.
    #[arg(long, value_name = "HOURS")]
    hours: f64,
    /// Cameras in each room.
    #[arg(long, value_name = "NUMBER")]
    cameras: Option<u32>,
    /// Screen shares in each room.
    #[arg(long, value_name = "NUMBER")]
    shares: Option<u32>,
    /// Rooms; one if not said.
    #[arg(long, value_name = "NUMBER")]
    rooms: Option<u32>,
    /// When it begins, such as 2020-06-04T18:00, in the collector's zone; the busiest minute if not said.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The host; that which carries it best, if none is named.
    #[arg(long, value_name = "INSTANCE")]
    host: Option<String>,
    /// When it was tried: the event is then foreseen by as much more or less as its rehearsal took.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    rehearsal: Option<Vec<String>>,
    /// The table of the CSV: price, limits or before.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

/// What is asked of the report on a meeting.
#[derive(Debug, Clone, Args)]
pub struct MeetingArguments {
    #[command(flatten)]
    delivery: Delivery,
    /// Its hash, or how that begins: /rooms/meetings.csv has them.
    #[arg(long, value_name = "HASH", required_unless_present = "at")]
    id: Option<String>,
    /// A moment at which it ran; of several the one with most people is taken.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Its host.
    #[arg(long, value_name = "INSTANCE")]
    host: Option<String>,
    /// What people call it.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The table of the CSV: traffic, people or latency.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// A page, as a browser shows it.
    Html,
    /// For wikis, mails and terminals.
    Md,
    /// For MediaWiki; of meetings alone.
    Wiki,
    /// One of its tables.
    Csv,
    /// All of it, for programs.
    Json,
}

/// What follows an address: names and values.
type Wishes = Vec<(&'static str, String)>;

impl Report {
    /// The report, whole, and the file that it is for.
    pub async fn fetch(self) -> Result<(String, Option<PathBuf>), ClientError> {
        let (path, Delivery { url, format, output }, wishes) = match self {
            Self::Capacity(arguments) => {
                let wishes = arguments.wishes();
                ("planning/capacity", arguments.delivery, wishes)
            }
            Self::Costs(arguments) => {
                let wishes = arguments.wishes();
                ("planning/costs", arguments.delivery, wishes)
            }
            Self::Cycles(arguments) => {
                let wishes = arguments.wishes();
                ("planning/cycles", arguments.delivery, wishes)
            }
            Self::Servers(ServersArguments {
                decide: Some(offer), delivery, host, reason, ..
            }) => {
                let wishes = host.map(|host| ("host", host)).into_iter().collect();
                let text = whole(&delivery.url, "planning/servers.json", &wishes).await?;
                let decision = decision::of(&text, &offer, reason.as_deref())?;
                return Ok((decision, delivery.output));
            }
            Self::Servers(arguments) => {
                let wishes = arguments.wishes();
                ("planning/servers", arguments.delivery, wishes)
            }
            Self::Event(arguments) => {
                let wishes = arguments.wishes();
                ("planning/event", arguments.delivery, wishes)
            }
            Self::Meeting(arguments) => {
                let wishes = arguments.wishes();
                ("planning/meeting", arguments.delivery, wishes)
            }
        };
        Ok((whole(&url, &format!("{path}{}", format.ending()), &wishes).await?, output))
    }
}

impl CapacityArguments {
    fn wishes(&self) -> Wishes {
        let number = |name, value: Option<u32>| value.map(|value| (name, value.to_string()));
        let text = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        let all = [
            text("host", &self.host),
            text("table", &self.table),
            number("rooms", self.rooms),
            number("people", self.people),
            number("cameras", self.cameras),
            number("shares", self.shares),
        ];
        all.into_iter().flatten().collect()
    }
}

impl CostsArguments {
    fn wishes(&self) -> Wishes {
        let text = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        [text("month", &self.month), text("table", &self.table)].into_iter().flatten().collect()
    }
}

impl CyclesArguments {
    fn wishes(&self) -> Wishes {
        let text = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        [text("host", &self.host), text("table", &self.table)].into_iter().flatten().collect()
    }
}

impl ServersArguments {
    fn wishes(&self) -> Wishes {
        let text = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        [text("host", &self.host), text("table", &self.table)].into_iter().flatten().collect()
    }
}

impl EventArguments {
    fn wishes(&self) -> Wishes {
        let number = |name, value: Option<u32>| value.map(|value| (name, value.to_string()));
        let text = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        let all = [
            number("users", Some(self.users)),
            Some(("hours", self.hours.to_string())),
            number("cameras", self.cameras),
            number("shares", self.shares),
            number("rooms", self.rooms),
            text("at", &self.at),
            text("host", &self.host),
            text("table", &self.table),
        ];
        let tried = self.rehearsal.iter().flatten().cloned();
        let tried = ["rehearsal_from", "rehearsal_to"].into_iter().zip(tried);
        all.into_iter().flatten().chain(tried).collect()
    }
}

impl MeetingArguments {
    fn wishes(&self) -> Wishes {
        let text = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        let all = [
            text("id", &self.id),
            text("at", &self.at),
            text("host", &self.host),
            text("title", &self.title),
            text("table", &self.table),
        ];
        all.into_iter().flatten().collect()
    }
}

impl ReportFormat {
    /// How an address ends that has the report in this form.
    fn ending(self) -> &'static str {
        match self {
            Self::Html => "",
            Self::Md => ".md",
            Self::Wiki => ".wiki",
            Self::Csv => ".csv",
            Self::Json => ".json",
        }
    }
}

async fn whole(url: &Url, path: &str, wishes: &Wishes) -> Result<String, ClientError> {
    let (status, body) = fetch(url, path, wishes).await?;
    let text = String::from_utf8_lossy(&body).into_owned();
    if status == StatusCode::OK {
        return Ok(text);
    }
    if text.lines().count() == 1 {
        return Err(ClientError::Refused(text.trim_end().to_owned()));
    }
    Err(ClientError::Foreign { url: shown(url), what: format!("status {status} without a report") })
}
