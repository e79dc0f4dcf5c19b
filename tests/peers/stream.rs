//! A made-up host's stream to the collector, over the agent's own end of the wire.

use std::time::Duration;

use anyhow::bail;
use harness::Token;
use headroom_agent::uplink::{self, Answer, CollectorAddress, Introduction, WireClient};
use headroom_proto::wire::{Frame, Label, SequenceRange, SeriesDefinition};

use crate::load::Series;

/// How long the collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens a stream to `grpc`, an address such as `http://127.0.0.1:8441`.
pub async fn open(grpc: &str, token: &Token, boot: u64) -> anyhow::Result<WireClient> {
    let Some(token) = uplink::Token::new(&token.secret) else { bail!("the token is none") };
    let address = CollectorAddress { url: grpc.to_owned(), token, ca_file: None };
    let agent_version = "simulated".to_owned();
    let introduction =
        Introduction { boot, agent_version, settings_version: 0, patience: PATIENCE };
    Ok(WireClient::open(&address, introduction).await?.0)
}

/// Sends a frame, once there is room for it ahead of the acknowledgements.
pub async fn push(wire: &mut WireClient, frame: Frame) -> anyhow::Result<()> {
    while wire.room() == 0 {
        acknowledged(wire).await?;
    }
    Ok(wire.push(vec![frame]).await?)
}

/// Waits for the next acknowledgement; a refusal is an error.
pub async fn acknowledged(wire: &mut WireClient) -> anyhow::Result<Vec<SequenceRange>> {
    loop {
        match wire.answer().await? {
            Answer::Acknowledged(acknowledgement) => return Ok(acknowledgement.frames),
            Answer::Refused(refusal) => bail!("the collector refused: {}", refusal.reason),
            Answer::Settings(_) => {}
        }
    }
}

/// Waits until every frame is acknowledged.
pub async fn settle(wire: &mut WireClient) -> anyhow::Result<()> {
    while wire.unanswered() > 0 {
        acknowledged(wire).await?;
    }
    Ok(())
}

/// The definitions of series; their ids count from 0.
pub fn definitions(series: &[Series]) -> Vec<SeriesDefinition> {
    (0..).zip(series).map(|(id, series)| definition(id, series)).collect()
}

fn definition(id: u32, series: &Series) -> SeriesDefinition {
    let label =
        |(name, value): &(&str, String)| Label { name: (*name).to_owned(), value: value.clone() };
    let labels = series.others.iter().map(label).collect();
    SeriesDefinition { id, metric: series.metric.to_owned(), labels }
}
