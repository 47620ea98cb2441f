//! `cutover analyze`: Istio's own findings about manifests.

use std::process::ExitCode;

use sim_core::mesh::analyze::{self, Level, Resources};

use crate::args::{AnalyzeArgs, Output};
use crate::{FOUND_ISSUES, INVALID, folder, output};

pub(crate) fn analyze(args: &AnalyzeArgs) -> ExitCode {
    let mut resources = Resources::with_ingress_gateway();
    let mut problems = Vec::new();
    let mut names = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        match folder::read_text(path) {
            Ok(text) => problems.extend(resources.add_file(&name, &text)),
            Err(problem) => problems.push(problem),
        }
        names.push(name);
    }
    if !problems.is_empty() {
        // What was lost may be what the rest refers to: half a mesh is not judged.
        output::complain(&problems);
        return ExitCode::from(INVALID);
    }
    resources.imply_pods();
    let messages = analyze::analyze(&resources, None);
    let text = match args.output {
        Output::Log => output::printable(&analyze::log(&messages)),
        Output::Json => analyze::json(&messages),
        Output::Yaml => analyze::yaml(&messages),
    };
    if let Err(problem) = output::print(&(text + "\n")) {
        output::complain(&[problem]);
        return ExitCode::from(INVALID);
    }
    if messages.is_empty() {
        output::remark(&format!(
            "\u{2714} No validation issues found when analyzing {}.",
            names.join("\n")
        ));
    }
    let failed = messages.iter().any(|message| message.code.level() == Level::Error);
    if failed { ExitCode::from(FOUND_ISSUES) } else { ExitCode::SUCCESS }
}
