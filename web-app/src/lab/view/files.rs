//! The learner's files: list, text, save, apply. Saving and applying are commands like any other.

use std::collections::BTreeMap;

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::html::Scope;
use yew::{Callback, Html, InputEvent, Properties, TargetCast, component, html, use_state};

use crate::lab::model::shift;
use crate::lab::workbench::{Msg, Workbench};

pub(super) fn files(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let files = bench.session.recording.simulation().files().clone();
    html! { <Files {files} run={link.callback(Msg::Run)} /> }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// Content by path.
    files: BTreeMap<String, String>,
    /// Runs commands.
    run: Callback<Vec<String>>,
}

/// What is being edited.
#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    path: String,
    /// None while it is as saved.
    text: Option<String>,
}

#[component]
fn Files(props: &Props) -> Html {
    let draft = use_state(Draft::default);
    let naming = use_state(|| None::<String>);
    let known = props.files.contains_key(&draft.path) || draft.text.is_some();
    let first = props.files.keys().next().cloned().unwrap_or_default();
    let path = if known { draft.path.clone() } else { first };
    let saved = props.files.get(&path).cloned().unwrap_or_default();
    let text = draft.text.clone().filter(|_| known).unwrap_or_else(|| saved.clone());
    let changed = text != saved || !props.files.contains_key(&path);
    let choose = {
        let draft = draft.clone();
        Callback::from(move |path: String| draft.set(Draft { path, text: None }))
    };
    let list = props.files.keys().map(|name| {
        let (choose, name_there) = (choose.clone(), name.clone());
        let current = (*name == path).then_some("true");
        html! {
            <li><button type="button" aria-current={current}
                onclick={move |_| choose.emit(name_there.clone())}>{ name }</button></li>
        }
    });
    let oninput = {
        let (draft, path) = (draft.clone(), path.clone());
        Callback::from(move |event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            draft.set(Draft { path: path.clone(), text: Some(area.value()) });
        })
    };
    let act = {
        let (draft, run, path, text) =
            (draft.clone(), props.run.clone(), path.clone(), text.clone());
        move |apply: bool| {
            let (draft, run, path, text) = (draft.clone(), run.clone(), path.clone(), text.clone());
            Callback::from(move |_: yew::MouseEvent| {
                let mut commands = Vec::new();
                if changed {
                    commands.push(shift::write_command(&path, &text));
                }
                if apply {
                    commands.push(shift::apply_command(&path));
                }
                draft.set(Draft { path: path.clone(), text: None });
                run.emit(commands);
            })
        }
    };
    let revert = {
        let (draft, path) = (draft.clone(), path.clone());
        move |_| draft.set(Draft { path: path.clone(), text: None })
    };
    let lines = text.lines().count().max(1);
    html! {
        <div class="lab-files">
            <div class="lab-list">
                <ul aria-label="Files">{ for list }</ul>
                { new_file(&naming, &draft) }
            </div>
            <div class="lab-editor">
                <div class="lab-bar">
                    <code>{ &path }</code>
                    if changed { <span class="lab-unsaved">{ "not saved" }</span> }
                    <span class="lab-space" />
                    <button type="button" disabled={!changed} onclick={revert}>{ "Revert" }</button>
                    <button type="button" disabled={!changed} onclick={act(false)}>{ "Save" }</button>
                    if shift::can_be_applied(&path) {
                        <button type="button" class="primary" onclick={act(true)}>
                            { if changed { "Save and apply" } else { "Apply" } }
                        </button>
                    }
                </div>
                <div class="lab-text">
                    <pre aria-hidden="true">{ numbers(lines) }</pre>
                    <textarea aria-label={format!("Text of {path}")} spellcheck="false" wrap="off"
                        rows={(lines + 1).to_string()} value={text} {oninput} />
                </div>
            </div>
        </div>
    }
}

fn numbers(lines: usize) -> String {
    (1..=lines).map(|line| format!("{line}\n")).collect()
}

/// A button that turns into a field for the new file's name.
fn new_file(
    naming: &yew::UseStateHandle<Option<String>>,
    draft: &yew::UseStateHandle<Draft>,
) -> Html {
    let Some(name) = (**naming).clone() else {
        let naming = naming.clone();
        return html! {
            <button type="button" class="lab-new" onclick={move |_| naming.set(Some(String::new()))}>
                { "Add a file" }
            </button>
        };
    };
    let oninput = {
        let naming = naming.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            naming.set(Some(input.value()));
        })
    };
    let onsubmit = {
        let (naming, draft, name) = (naming.clone(), draft.clone(), name.clone());
        Callback::from(move |event: yew::SubmitEvent| {
            event.prevent_default();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
            if !name.is_empty() && name.chars().all(plain) {
                draft.set(Draft { path: name.clone(), text: Some(String::new()) });
            }
            naming.set(None);
        })
    };
    html! {
        <form {onsubmit}>
            <input type="text" aria-label="Name of the new file" placeholder="name.yaml"
                value={name} {oninput} />
        </form>
    }
}
