//! Messages on their way to receivers, over HTTP and by mail: one connection for each, no redirect, no
//! proxy. Decides nothing: what an answer means says the format, and when it is tried again the outbox.

mod mail;

use std::sync::Arc;
use std::time::Duration;

use headroom_proto::chain::Chain;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::oncall::{
    Answered, Finding, Format, Message, Method, Outcome, Parcel, Post, Receiver, Secret, Upload,
    judge_mail,
};

/// How long a receiver may take to answer.
const LONGEST: Duration = Duration::from_secs(10);

/// So much of an answer is read, within so long: whether it was taken has been said before.
const BODY_BYTES: usize = 4096;
const BODY_TIME: Duration = Duration::from_secs(2);

/// Delivers messages.
#[derive(Clone)]
pub struct Courier(TlsConnector);

/// Why a message did not get through. Addresses may hold what only the receiver may know, and are not
/// told.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    /// The address is none.
    #[error("its address cannot be read")]
    Address,
    /// Its token is no header.
    #[error("its token cannot be shown in a header")]
    Token,
    /// The connection failed.
    #[error("it cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// The exchange broke.
    #[error("the connection broke")]
    Broken(#[from] hyper::Error),
}

impl Default for Courier {
    /// One that trusts the authorities of the system.
    fn default() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions of TLS");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Self(TlsConnector::from(Arc::new(config)))
    }
}

impl Courier {
    /// Hands a message to its receiver.
    pub async fn deliver(&self, receiver: &Receiver, parcel: Parcel) -> Outcome {
        match parcel {
            Parcel::Post(post) => self.post(receiver, post).await,
            Parcel::Mail(mail) => match mail::send(receiver, &mail).await {
                Ok(()) => Outcome::Taken,
                Err(refused) => judge_mail(&refused),
            },
        }
    }

    /// Tells a place that all is well.
    pub async fn beat(&self, url: &str, token: Option<&Secret>) -> Result<(), String> {
        let receiver = Receiver {
            name: String::new(),
            format: Format::Webhook,
            url: url.to_owned(),
            token: token.cloned(),
            budget: None,
        };
        let body = "all is well\n".to_owned();
        let post =
            Post { method: Method::Post, path: String::new(), content_type: "text/plain", body };
        match self.post(&receiver, post).await {
            Outcome::Taken => Ok(()),
            Outcome::Later(why, _) | Outcome::Never(why) => Err(why),
        }
    }

    /// Looks at a receiver, and sends it nothing.
    pub async fn examine(&self, receiver: &Receiver) -> Finding {
        let Some(question) = receiver.format.question() else { return Finding::Sound };
        match tokio::time::timeout(LONGEST, self.ask(receiver, question)).await {
            Ok(Ok(sent)) => receiver.format.find(&sent.answered()),
            Ok(Err(error)) => Finding::Unknown(Chain(&error).to_string()),
            Err(_) => Finding::Unknown(format!("it has not answered for {} s", LONGEST.as_secs())),
        }
    }

    async fn post(&self, receiver: &Receiver, post: Post) -> Outcome {
        let exchange = tokio::time::timeout(LONGEST, self.exchange(receiver, post));
        match exchange.await {
            Err(_) => {
                Outcome::Later(format!("it has not answered for {} s", LONGEST.as_secs()), None)
            }
            Ok(Err(error @ (DeliveryError::Address | DeliveryError::Token))) => {
                Outcome::Never(error.to_string())
            }
            Ok(Err(error @ (DeliveryError::Unreachable(_) | DeliveryError::Broken(_)))) => {
                Outcome::Later(Chain(&error).to_string(), None)
            }
            Ok(Ok(outcome)) => outcome,
        }
    }

    async fn exchange(&self, receiver: &Receiver, post: Post) -> Result<Outcome, DeliveryError> {
        Ok(receiver.format.judge(&self.ask(receiver, post).await?.answered()))
    }

    /// Sends a picture behind a message that was taken. What fails is left out: the words have arrived.
    pub async fn illustrate(&self, receiver: &Receiver, message: &Message, png: Vec<u8>) {
        let bytes = png.len();
        let Some(Upload { post, body }) = receiver.format.upload(png) else { return };
        let shown = async {
            let sent = self.hand(receiver, &post, body.into()).await?;
            match receiver.format.show(message, &sent.body, bytes) {
                Some(post) => self.ask(receiver, post).await,
                None => Ok(sent),
            }
        };
        match tokio::time::timeout(LONGEST, shown).await {
            Ok(Ok(sent)) if (200..300).contains(&sent.status) => {}
            Ok(Ok(sent)) => {
                let (name, status) = (&receiver.name, sent.status);
                tracing::warn!("{name} did not take a picture: it answers {status}");
            }
            Ok(Err(error)) => {
                tracing::warn!("{} did not take a picture: {}", receiver.name, Chain(&error));
            }
            Err(_) => tracing::warn!("{} did not take a picture in time", receiver.name),
        }
    }

    async fn ask(&self, receiver: &Receiver, mut post: Post) -> Result<Sent, DeliveryError> {
        let body = std::mem::take(&mut post.body);
        self.hand(receiver, &post, body.into()).await
    }

    async fn hand(
        &self,
        receiver: &Receiver,
        post: &Post,
        body: Bytes,
    ) -> Result<Sent, DeliveryError> {
        let url = format!("{}{}", receiver.url.trim_end_matches('/'), post.path);
        let uri: Uri = url.parse().map_err(|_| DeliveryError::Address)?;
        let is_secure = uri.scheme_str() == Some("https");
        let authority = uri.authority().ok_or(DeliveryError::Address)?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let request = request(receiver, post, &uri)?.map(|()| Full::from(body));
        let stream = TcpStream::connect((host.as_str(), port)).await;
        let stream = stream.map_err(DeliveryError::Unreachable)?;
        if is_secure {
            let name = ServerName::try_from(host).map_err(|_| DeliveryError::Address)?;
            let stream = self.0.connect(name, stream).await.map_err(DeliveryError::Unreachable)?;
            Ok(send(stream, request).await?)
        } else {
            Ok(send(stream, request).await?)
        }
    }
}

fn request(receiver: &Receiver, post: &Post, uri: &Uri) -> Result<Request<()>, DeliveryError> {
    let authority = uri.authority().ok_or(DeliveryError::Address)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let method = match post.method {
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
        Method::Get => hyper::Method::GET,
    };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, authority.as_str())
        .header(USER_AGENT, concat!("headroom/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, post.content_type);
    if let Some(token) = shown_token(receiver) {
        let shown = HeaderValue::try_from(format!("Bearer {}", token.reveal()));
        let mut shown = shown.map_err(|_| DeliveryError::Token)?;
        shown.set_sensitive(true);
        request = request.header(AUTHORIZATION, shown);
    }
    request.body(()).map_err(|_| DeliveryError::Address)
}

/// The token, where it goes in a header.
fn shown_token(receiver: &Receiver) -> Option<&Secret> {
    match receiver.format {
        Format::Webhook | Format::Ntfy { .. } | Format::Matrix { .. } | Format::Slack => {
            receiver.token.as_ref()
        }
        Format::Email(_) | Format::PagerDuty { .. } | Format::Telegram { .. } => None,
    }
}

/// What a receiver answered.
struct Sent {
    status: u16,
    retry_after: Option<HeaderValue>,
    date: Option<HeaderValue>,
    body: String,
}

impl Sent {
    fn answered(&self) -> Answered<'_> {
        fn text(value: Option<&HeaderValue>) -> Option<&str> {
            value?.to_str().ok()
        }
        let Self { status, retry_after, date, body } = self;
        let (retry_after, date) = (text(retry_after.as_ref()), text(date.as_ref()));
        Answered { status: *status, retry_after, date, body }
    }
}

async fn send<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<Sent, DeliveryError> {
    let (mut sender, driver) = handshake(TokioIo::new(stream)).await?;
    let talk = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).cloned();
        let (retry_after, date) = (header(RETRY_AFTER), header(DATE));
        Ok(Sent { status, retry_after, date, body: read(response).await })
    };
    // Whoever drives the connection ends with the exchange.
    let mut talk = std::pin::pin!(talk);
    tokio::select! {
        sent = talk.as_mut() => sent,
        _ = driver => talk.await,
    }
}

/// The beginning of a body; what breaks off, or takes too long, ends there.
async fn read(response: Response<Incoming>) -> String {
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    let end = tokio::time::Instant::now() + BODY_TIME;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout_at(end, body.frame()).await {
        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if bytes.len() >= BODY_BYTES {
            bytes.truncate(BODY_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_was_taken_is_taken_though_the_rest_of_the_answer_never_comes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/beat", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"all is well\n") {
                assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0, "{asked:?}");
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok";
            stream.write_all(answer).await.unwrap();
            // Until the other end has had enough.
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        });
        assert_eq!(Courier::default().beat(&url, None).await, Ok(()));
        serving.await.unwrap();
    }
}
