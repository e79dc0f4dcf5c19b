//! The standard health service, which strangers may ask: only so many of them may watch it at once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

/// The most that watch at once.
const WATCHES: usize = 128;

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
