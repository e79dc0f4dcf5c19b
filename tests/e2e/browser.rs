//! A real browser, as a reader has one.

use std::process::Command;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use harness::{Program, eventually};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Chromium, driven by chromedriver.
pub struct Browser {
    pub client: Client,
    driver: Program,
    port: u16,
    _folder: TempDir,
}

impl Browser {
    /// Starts it with a window as on a desk.
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let driver = Program::start(command, "chromedriver", folder.path());
        let port = eventually("chromedriver announces", Duration::from_secs(30), async || {
            let text = driver.stdout();
            let rest = text.split("started successfully on port ").nth(1)?;
            rest.split('.').next()?.trim().parse::<u16>().ok()
        })
        .await;
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1240,900",
            &profile,
        ];
        let Value::Object(capabilities) = json!({
            "acceptInsecureCerts": true,
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        }) else {
            unreachable!("an object was written")
        };
        // chromedriver speaks plain HTTP on loopback.
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromedriver starts Chromium");
        Self { client, driver, port, _folder: folder }
    }

    /// Gives the page so many points of width, as a phone has them below a certain one: a window
    /// never gets as narrow.
    pub async fn resize(&self, width: u32) {
        let phone = width < 600;
        let parameters =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": phone });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": parameters });
        self.ask("goog/cdp/execute", &command).await;
    }

    /// What a script answers.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until all pictures of the page are there, in one of their widths.
    pub async fn pictures_load(&self) {
        eventually("pictures load", Duration::from_secs(30), async || {
            (self.run(PICTURES_LOADED).await == json!(true)).then_some(())
        })
        .await;
    }

    /// The page is no wider than the window, and nothing in it is cut or scrolls.
    pub async fn scrolls_not_sideways(&self, width: u32) {
        let wide = self.run(WIDE).await;
        assert_eq!(wide, json!([]), "wider than their place at {width} points");
    }

    /// What is clicked or touched, and is less than 24 points wide or high.
    pub async fn small_targets(&self) -> Value {
        self.run(SMALL_TARGETS).await
    }

    /// Texts that stand out too little from what is behind them, by WCAG 2.1.
    pub async fn faint_texts(&self) -> Value {
        self.run(FAINT_TEXTS).await
    }

    /// Shows pages to a reader who likes them `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let parameters = json!({ "media": "", "features": features });
        let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": parameters });
        self.ask("goog/cdp/execute", &command).await;
    }

    /// Opens pages for a reader whose browser runs no scripts of theirs.
    pub async fn without_scripts(&self) {
        let parameters = json!({ "value": true });
        let command =
            json!({ "cmd": "Emulation.setScriptExecutionDisabled", "params": parameters });
        self.ask("goog/cdp/execute", &command).await;
    }

    /// What the console has said since it was last asked.
    pub async fn console(&self) -> Vec<String> {
        let answer = self.ask("se/log", &json!({ "type": "browser" })).await;
        let entries = answer["value"].as_array().unwrap();
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// A command of chromedriver that the client does not have.
    async fn ask(&self, command: &str, body: &Value) -> Value {
        let session = self.client.session_id().await.unwrap().unwrap();
        let url = format!("http://127.0.0.1:{}/session/{session}/{command}", self.port);
        let request = reqwest::Client::new().post(url).body(body.to_string());
        let answer = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// Ends it.
    pub async fn end(self) {
        self.client.close().await.unwrap();
        self.driver.kill();
    }
}

const PICTURES_LOADED: &str = "return [...document.images].length > 0 && \
    [...document.images].every((image) => image.complete && [360, 580, 900].includes(image.naturalWidth))";

const WIDE: &str = r"
const shown = [document.documentElement, ...document.querySelectorAll('body *')].filter((element) =>
  element.checkVisibility() && !(element.closest('svg')) && getComputedStyle(element).clipPath === 'none'
  // What is read in both directions moves within its own place, but for what is said of it.
  && (element.localName === 'caption' || !element.parentElement?.closest('.wide')));
const room = document.documentElement.clientWidth;
// A picture reaches into the margin of its page: its own is empty.
const cut = (element) => getComputedStyle(element).display !== 'inline' && !element.querySelector('picture')
  && element.localName !== 'picture' && !element.matches('.wide') && element.scrollWidth > element.clientWidth + 1;
const beyond = (element) => element.getBoundingClientRect().right > room + 1;
return shown.filter((element) => element.tagName !== 'IMG' && (cut(element) || beyond(element)))
  .map((element) => `${element.tagName} ${element.className} ${element.textContent.trim().slice(0, 40)}`);
";

const SMALL_TARGETS: &str = r"
const targets = document.querySelectorAll('a, button, label, select, summary, input, abbr[tabindex]');
// A box within its label is clicked with it.
const own = [...targets].filter((element) => !element.matches('label input') && element.checkVisibility());
const sizes = own.map((element) => [element.getBoundingClientRect(), element]);
const small = sizes.filter(([{ width, height }]) => width < 24 || height < 24);
return small.map(([{ width, height }, element]) => `${width} × ${height} ${element.outerHTML.slice(0, 120)}`);
";

const FAINT_TEXTS: &str = r"
const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const light = (colour) => channels(colour).slice(0, 3)
  .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if ((channels(colour)[3] ?? 1) > 0) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const own = (element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
const seen = [...document.querySelectorAll('body *')].filter((e) => own(e) && e.checkVisibility());
return seen.map((element) => {
  const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
  return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.textContent.trim()];
}).filter(([contrast]) => contrast < 4.5);
";
