//! The terminal: what was printed, and the line to type on.

use sim_core::simulation::{Author, Printed};
use web_sys::HtmlInputElement;
use yew::html::Scope;
use yew::{Html, InputEvent, KeyboardEvent, MouseEvent, TargetCast, classes, html};

use crate::lab::model::{terminal::Msg as Key, words};
use crate::lab::workbench::{Msg, Workbench};
use crate::port::link as address;

/// Most commands drawn: older ones are a scroll too far anyway.
const MOST_DRAWN: usize = 120;

pub(super) fn terminal(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let simulation = bench.session.recording.simulation();
    let transcript = simulation.transcript();
    let first = bench.session.terminal.hidden.max(transcript.len().saturating_sub(MOST_DRAWN));
    let printed = (first..transcript.len()).filter_map(|index| transcript.get(index));
    let printed = printed.chain(simulation.going()).map(|printed| entry(printed, link));
    let candidates = &bench.session.terminal.candidates;
    html! {
        <div class="lab-terminal">
            <div class="lab-output" tabindex="0" role="log" aria-label="Terminal output">
                if transcript.len() <= first && simulation.going().next().is_none() {
                    <p class="lab-empty">
                        { "Type " }<code>{ "kubectl get pods" }</code>{ ", or " }
                        <code>{ "help" }</code>{ " for everything there is. Tab completes." }
                    </p>
                }
                { for printed }
                if !candidates.is_empty() {
                    <div class="lab-candidates">{ candidates.join("   ") }</div>
                }
            </div>
            { prompt(bench, link) }
        </div>
    }
}

fn entry(printed: &Printed, link: &Scope<Workbench>) -> Html {
    let mut lines = printed.command.lines();
    let command = lines.next().unwrap_or_default().to_owned();
    let more = lines.count();
    let by_script = (printed.author == Author::Script).then_some("script");
    let text = format!("$ {}\n{}{}", printed.command, printed.reply.stdout, printed.reply.stderr);
    let said = link.callback(Msg::Say);
    let onclick = move |_: MouseEvent| {
        let said = said.clone();
        address::copy(text.clone(), move |copied| {
            said.emit(
                if copied { "Copied" } else { "The browser does not let this page copy" }.into(),
            );
        });
    };
    html! {
        <div class={classes!("lab-entry", by_script)}>
            <div class="lab-command">
                <span class="lab-prompt">{ words::clock(printed.at) }{ " $ " }</span>
                <b>{ command }</b>
                if 0 < more { <span class="lab-prompt">{ format!(" … {}", words::count(more as u64, "line")) }</span> }
                <button type="button" class="lab-copy" {onclick} aria-label="Copy command and output">
                    { "Copy" }
                </button>
            </div>
            if !printed.reply.stdout.is_empty() {
                <pre>{ printed.reply.stdout.trim_end_matches('\n') }</pre>
            }
            if !printed.reply.stderr.is_empty() {
                <pre class="bad">{ printed.reply.stderr.trim_end_matches('\n') }</pre>
            }
            if printed.reply.status.is_none() {
                <span class="lab-running">{ "running; your next command interrupts it" }</span>
            }
        </div>
    }
}

fn prompt(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let oninput = link.callback(|event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        Msg::Terminal(Key::Typed(input.value()))
    });
    let printed = bench.session.recording.simulation().transcript().len();
    let empty = bench.session.terminal.line.is_empty();
    let onkeydown = link.batch_callback(move |event: KeyboardEvent| key(&event, printed, empty));
    html! {
        <div class="lab-line">
            <label class="lab-prompt" for={format!("{}-line", bench.session.recording.scenario().name)}>
                { words::clock(bench.shown.view.now) }{ " $" }
            </label>
            <input type="text" id={format!("{}-line", bench.session.recording.scenario().name)}
                value={bench.session.terminal.line.clone()}
                aria-label="Command line" autocomplete="off" autocapitalize="off" spellcheck="false"
                placeholder="kubectl …" {oninput} {onkeydown} />
        </div>
    }
}

/// Tab completes only what has begun: from an empty line it leaves the terminal, as it leaves every
/// other field.
fn key(event: &KeyboardEvent, printed: usize, empty: bool) -> Option<Msg> {
    let msg = match (event.ctrl_key(), event.key().as_str()) {
        (false, "Enter") => Msg::Terminal(Key::Submitted),
        (false, "ArrowUp") => Msg::Terminal(Key::Older),
        (false, "ArrowDown") => Msg::Terminal(Key::Newer),
        (false, "Tab") if !event.shift_key() && !empty => Msg::Complete,
        (true, "c") if page_has_no_selection() => Msg::Terminal(Key::Cancelled),
        (true, "l") => Msg::Terminal(Key::Cleared(printed)),
        _ => return None,
    };
    event.prevent_default();
    Some(msg)
}

/// Ctrl-C copies while something is selected.
fn page_has_no_selection() -> bool {
    !crate::port::page::has_selection()
}
