//! PGlite: a real PostgreSQL in the page, from the book's own origin. It has one connection.

use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(inline_js = r"
export async function open(address) {
  const { PGlite } = await import(address);
  return PGlite.create();
}
export async function ask(database, sql) {
  try {
    const results = await database.exec(sql, { rowMode: 'array' });
    const text = (value) => (value === null ? null : String(value));
    return JSON.stringify({ rows: (results.at(-1)?.rows ?? []).map((row) => row.map(text)) });
  } catch (error) {
    return JSON.stringify({ error: { code: error.code ?? '', message: String(error.message ?? error) } });
  }
}
")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn open(address: &str) -> Result<JsValue, JsValue>;
    async fn ask(database: &JsValue, sql: &str) -> JsValue;
}

/// What the server answers in place of success.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ServerError {
    /// SQLSTATE; empty if the server itself has failed.
    pub(crate) code: String,
    /// Its words.
    pub(crate) message: String,
}

/// Rows of text; what is null is none.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    rows: Rows,
    error: Option<ServerError>,
}

/// A server that runs in the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Server(JsValue);

impl Server {
    /// Loads and starts one; `root` is where the book begins. The message says why there is none.
    pub(crate) async fn start(root: &str) -> Result<Self, String> {
        let opened = open(&format!("{root}pglite/index.js")).await;
        opened.map(Self).map_err(|error| format!("PGlite cannot be loaded: {error:?}"))
    }

    /// Runs statements; the rows of the last one.
    pub(crate) async fn ask(&self, sql: &str) -> Result<Rows, ServerError> {
        let text = ask(&self.0, sql).await.as_string().unwrap_or_default();
        let answer = serde_json::from_str::<Answer>(&text);
        let failed = |message: String| ServerError { code: String::new(), message };
        match answer {
            Ok(Answer { error: Some(error), .. }) => Err(error),
            Ok(Answer { rows, .. }) => Ok(rows),
            Err(error) => Err(failed(format!("the answer cannot be read: {error}"))),
        }
    }
}
