//! The standard health service, which strangers may ask: only so many of them may watch it at once.
//! It serves as long as what comes would be durable.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::MissedTickBehavior;
use tokio_stream::Stream;
use tonic::server::NamedService;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

use crate::writer::Writer;

/// The most that watch at once.
const WATCHES: usize = 128;

/// The most bytes of a question, which is the name of a service.
const QUESTION_BYTES: usize = 1024;

/// How often the disk is looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// Reports of the whole and of the service `S` whether what comes now would be durable, for ever.
pub async fn follow<S: NamedService>(reporter: HealthReporter, writer: Writer) {
    let mut looks = tokio::time::interval(INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        looks.tick().await;
        let status = match writer.readiness().await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        };
        // Whoever watches is told of changes only.
        if told.replace(status) != Some(status) {
            for service in ["", S::NAME] {
                reporter.set_service_status(service, status).await;
            }
        }
    }
}

/// The service, within its limit.
pub struct BoundedHealth {
    service: HealthService,
    places: Arc<Semaphore>,
}

/// What one that watches is told.
pub struct Watching {
    told: <HealthService as Health>::WatchStream,
    _place: OwnedSemaphorePermit,
}

/// What `reporter` reports, as a service.
pub fn bounded(reporter: HealthReporter) -> HealthServer<BoundedHealth> {
    let service = HealthService::from_health_reporter(reporter);
    HealthServer::new(BoundedHealth { service, places: Arc::new(Semaphore::new(WATCHES)) })
        .max_decoding_message_size(QUESTION_BYTES)
}

#[tonic::async_trait]
impl Health for BoundedHealth {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.service.check(request).await
    }

    type WatchStream = Watching;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Watching>, Status> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let _place = place.map_err(|_| {
            Status::resource_exhausted(format!("{WATCHES} watch already, the most at once"))
        })?;
        let told = self.service.watch(request).await?.into_inner();
        Ok(Response::new(Watching { told, _place }))
    }
}

impl Stream for Watching {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.told).poll_next(cx)
    }
}
