//! The shell's commands besides kubectl, in one table that dispatch, help and completion read.

use crate::console::diff;
use crate::console::files;
use crate::console::filters::{self, Options, inputs};
use crate::console::follow::Watch;
use crate::console::session::Session;
use crate::console::{
    age, amtool, argocd, curl, fault, flux, flyway, git, help, istioctl, kruise, kubectl,
    liquibase, logcli, mysql, pipeline, promql, promtool, psql, rollouts, sed, smoke, why,
};
use crate::delivery::Addon;
use crate::time::SimDuration;
use crate::trace::Topic;

/// One command.
#[derive(Debug)]
pub(crate) struct Builtin {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its arguments, for help.
    pub(crate) usage: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
    run: fn(&[String], &mut Session<'_, '_>),
}

const fn builtin(
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    run: fn(&[String], &mut Session<'_, '_>),
) -> Builtin {
    Builtin { name, usage, about, run }
}

/// Every command, by name.
pub(crate) const BUILTINS: &[Builtin] = &[
    builtin(
        "amtool",
        "alert [query] [ALERTNAME]",
        "the alerts that Alertmanager has",
        amtool::amtool,
    ),
    builtin(
        "argocd",
        "app list|get|sync|wait|history|rollback|diff|set [APPNAME]",
        "what Argo CD has put on the cluster, and what it should put there",
        argocd::argocd,
    ),
    builtin("cat", "[-n] [FILE...]", "print files", cat),
    builtin("clear", "", "empty the screen", clear),
    builtin("cp", "FILE TARGET", "copy a file", cp),
    builtin(
        "curl",
        "[-d DATA] [-X METHOD] URL",
        "reload Prometheus's rule files, open and close the gates of Flagger's load tester",
        curl::curl,
    ),
    builtin("diff", "[-u] FILE FILE", "compare two files", diff_files),
    builtin("echo", "[-n] [WORD...]", "print words", echo),
    builtin("false", "", "do nothing, and fail", fail),
    builtin("fault", "KIND TARGET | list | end N", "break something on purpose", fault::fault),
    builtin(
        "flux",
        "get|reconcile|suspend|resume source git|kustomization [NAME]",
        "what Flux has put on the cluster, and what it should put there",
        flux::flux,
    ),
    builtin(
        "flyway",
        "[-SETTING=VALUE] info|migrate|validate|undo|repair",
        "run the migrations of a folder, and tell what has been run",
        flyway::flyway,
    ),
    builtin(
        "git",
        "COMMAND [ARGUMENT...]",
        "commit files, push them, and revert what was wrong",
        git::git,
    ),
    builtin("grep", "[-vinclowE] PATTERN [FILE...]", "print lines that match", filters::grep),
    builtin("head", "[-n N] [FILE...]", "print the first lines", filters::head),
    builtin("help", "[TOPIC]", "explain the console", help::help),
    builtin("history", "[N]", "list the commands of this run", history),
    builtin(
        "liquibase",
        "[--OPTION=VALUE] status|update|rollback TAG|...",
        "run the changesets of a changelog, and tell what has been run",
        liquibase::liquibase,
    ),
    builtin(
        "logcli",
        "query|instant-query|labels [--since=1h] [--limit=30] [--forward] [-o default|raw|jsonl] 'LOGQL'",
        "search and count the lines of all pods, by their labels",
        logcli::logcli,
    ),
    builtin("ls", "[-l] [PATH...]", "list files", ls),
    builtin("mkdir", "[-p] FOLDER...", "accepted; a folder exists once a file is in it", mkdir),
    builtin("mv", "FILE TARGET", "rename a file", mv),
    builtin(
        "mysql",
        "[-e SQL] [-v] [-t|-B|-E] [-N] [-f] [DATABASE]",
        "execute SQL in the shared database, if it is a MySQL",
        mysql::mysql,
    ),
    builtin(
        "pipeline",
        "list|status|logs|watch|run|rerun|approve|cancel|check [RUN]",
        "see and drive the pipeline that pipeline.yaml describes",
        pipeline::pipeline,
    ),
    builtin(
        "promql",
        "'EXPR' [--no-headers]",
        "ask Prometheus about now, as a table",
        promql::promql,
    ),
    builtin(
        "promtool",
        "query instant|range [--time=T] [--start=T] [--end=T] [--step=D] SERVER EXPR | check rules FILE...",
        "ask Prometheus, and check its rule files",
        promtool::promtool,
    ),
    builtin(
        "psql",
        "[-c SQL] [-f FILE] [-1] [-v ON_ERROR_STOP=1]",
        "execute SQL in the shared database",
        psql::psql,
    ),
    builtin("pwd", "", "print the folder you are in", pwd),
    builtin("rm", "[-f] [-r] FILE...", "remove files", rm),
    builtin("sed", "[-i] [-E] SCRIPT [FILE...]", "change text by a script", sed::sed),
    builtin("sleep", "SECONDS", "let simulated time pass", sleep),
    builtin(
        "smoke",
        "USERS [--for=30s] [--failures=0]",
        "have synthetic users send requests, and fail if theirs fail",
        smoke::smoke,
    ),
    builtin("sort", "[-rnu] [FILE...]", "sort lines", filters::sort),
    builtin("tail", "[-n N] [FILE...]", "print the last lines", filters::tail),
    builtin("tee", "[-a] FILE...", "print and write to files", tee),
    builtin("touch", "FILE...", "make empty files", touch),
    builtin("true", "", "do nothing", |_, _| {}),
    builtin("wc", "[-lwc] [FILE...]", "count lines, words, bytes", filters::wc),
    builtin("why", "request/N | pod/NAME | KIND/NAME", "what led to it", why::why),
];

/// Runs a command by its name.
pub(crate) fn run(words: &[String], session: &mut Session<'_, '_>) {
    let (name, arguments) = words.split_first().expect("the shell runs no empty command");
    if matches!(name.as_str(), "kubectl" | "k") {
        // A plugin is a program of its own, whose name begins with kubectl.
        return match arguments {
            [argo, plugin, rest @ ..] if argo == "argo" && plugin == "rollouts" => {
                rollouts::rollouts(rest, session);
            }
            [plugin, rest @ ..] if plugin == "kruise" => kruise::run(rest, session),
            _ => kubectl::run(arguments, session),
        };
    }
    if name == "kubectl-kruise" && session.world.delivery.addons().has(Addon::OpenKruise) {
        return kruise::run(arguments, session);
    }
    if name == "istioctl" {
        return istioctl::run(arguments, session);
    }
    match BUILTINS.iter().find(|builtin| builtin.name == name) {
        Some(builtin) => (builtin.run)(arguments, session),
        None => {
            session.out.warn(format!("bash: {name}: command not found"));
            session.out.status = 127;
        }
    }
}

fn cat(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("cat", words, "n", "") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let mut number = 0;
    for (_, text) in inputs("cat", &options.words, session) {
        if !options.has('n') {
            session.out.write(&text);
            continue;
        }
        for line in text.lines() {
            number += 1;
            session.out.print(format!("{number:6}\t{line}"));
        }
    }
}

/// The sequence that terminals understand; the page empties its terminal on it.
fn clear(_: &[String], session: &mut Session<'_, '_>) {
    session.out.stdout.push_str("\x1b[H\x1b[2J\x1b[3J");
}

fn fail(_: &[String], session: &mut Session<'_, '_>) {
    session.out.status = 1;
}

fn pwd(_: &[String], session: &mut Session<'_, '_>) {
    session.out.print("/workspace");
}

fn mkdir(words: &[String], session: &mut Session<'_, '_>) {
    for path in words.iter().filter(|word| !word.starts_with('-')) {
        if files::read(session.workspace, path).is_ok() {
            session.out.fail(format!("mkdir: cannot create directory ‘{path}’: File exists"));
        }
    }
}

fn echo(words: &[String], session: &mut Session<'_, '_>) {
    let (end, words) = match words.split_first() {
        Some((flag, rest)) if flag == "-n" => ("", rest),
        _ => ("\n", words),
    };
    session.out.stdout.push_str(&words.join(" "));
    session.out.stdout.push_str(end);
}

fn ls(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("ls", words, "l1ahtrR", "") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let mut paths = options.words.clone();
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    let (mut names, mut folders) = (Vec::new(), Vec::new());
    for path in &paths {
        if files::read(session.workspace, path).is_ok() {
            names.push(path.clone());
        } else if let Some(inside) = files::list(session.workspace, path) {
            folders.push((path.clone(), inside));
        } else {
            session.out.fail(format!("ls: cannot access '{path}': No such file or directory"));
            session.out.status = 2;
        }
    }
    let titled = 1 < paths.len();
    let several = !names.is_empty();
    list(&names, ".", &options, session);
    for (index, (path, names)) in folders.into_iter().enumerate() {
        if titled {
            let gap = if several || 0 < index { "\n" } else { "" };
            session.out.print(format!("{gap}{path}:"));
        }
        list(&names, &path, &options, session);
    }
}

/// One name a line, as `ls` prints into a pipe; with `-l`, type and size too.
fn list(names: &[String], folder: &str, options: &Options, session: &mut Session<'_, '_>) {
    for name in names {
        if !options.has('l') {
            session.out.print(name.trim_end_matches('/'));
            continue;
        }
        let path = format!("{folder}/{name}");
        let size = files::read(session.workspace, &path).map_or(4096, str::len);
        let mode = if name.ends_with('/') { "drwxr-xr-x" } else { "-rw-r--r--" };
        session.out.print(format!("{mode} {size:>7} {}", name.trim_end_matches('/')));
    }
}

fn target_of(source: &str, target: &str, session: &Session<'_, '_>) -> String {
    let folder = target.ends_with('/') || files::is_folder(session.workspace, target);
    if !folder {
        return target.to_owned();
    }
    let name = source.rsplit('/').next().unwrap_or(source);
    format!("{}/{name}", target.trim_end_matches('/'))
}

fn copy(name: &str, words: &[String], session: &mut Session<'_, '_>) -> Option<(String, String)> {
    let words: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let [source, target] = words[..] else {
        session.out.fail(match words.len() {
            0 => format!("{name}: missing file operand"),
            1 => format!("{name}: missing destination file operand after '{}'", words[0]),
            _ => format!("{name}: target '{}' is not a directory", words[words.len() - 1]),
        });
        return None;
    };
    let text = match files::read(session.workspace, source) {
        Ok(text) => text.to_owned(),
        Err("Is a directory") => {
            session.out.fail(format!("{name}: -r not specified; omitting directory '{source}'"));
            return None;
        }
        Err(problem) => {
            session.out.fail(format!("{name}: cannot stat '{source}': {problem}"));
            return None;
        }
    };
    let target = target_of(source, target, session);
    if files::normal(source) == files::normal(&target) {
        session.out.fail(format!("{name}: '{source}' and '{target}' are the same file"));
        return None;
    }
    if let Err(problem) = files::write(session.workspace, &target, text) {
        session.out.fail(format!("{name}: cannot create regular file '{target}': {problem}"));
        return None;
    }
    Some((source.clone(), target))
}

fn cp(words: &[String], session: &mut Session<'_, '_>) {
    copy("cp", words, session);
}

fn mv(words: &[String], session: &mut Session<'_, '_>) {
    if let Some((source, _)) = copy("mv", words, session) {
        files::remove(session.workspace, &source);
    }
}

fn rm(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("rm", words, "frRi", "") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let recursive = options.has('r') || options.has('R');
    for path in &options.words {
        match files::read(session.workspace, path) {
            Ok(_) => files::remove(session.workspace, path),
            Err("Is a directory") if recursive => {
                for file in files::below(session.workspace, path) {
                    files::remove(session.workspace, &file);
                }
            }
            Err(_) if options.has('f') => {}
            Err(problem) => session.out.fail(format!("rm: cannot remove '{path}': {problem}")),
        }
    }
}

fn touch(words: &[String], session: &mut Session<'_, '_>) {
    for path in words {
        if files::read(session.workspace, path) == Err("No such file or directory")
            && let Err(problem) = files::write(session.workspace, path, String::new())
        {
            session.out.fail(format!("touch: cannot touch '{path}': {problem}"));
        }
    }
}

fn tee(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("tee", words, "a", "") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let text = session.input.take().unwrap_or_default();
    for path in &options.words {
        let written = match options.has('a') {
            true => files::append(session.workspace, path, &text),
            false => files::write(session.workspace, path, text.clone()),
        };
        if let Err(problem) = written {
            session.out.fail(format!("tee: {path}: {problem}"));
        }
    }
    session.out.stdout.push_str(&text);
}

fn diff_files(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("diff", words, "uNqr", "") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let [left, right] = &options.words[..] else {
        session.out.fail("diff: two files are needed");
        session.out.status = 2;
        return;
    };
    let texts = inputs("diff", &[left.clone(), right.clone()], session);
    let [(_, old), (_, new)] = &texts[..] else {
        session.out.status = 2;
        return;
    };
    if old == new {
        return;
    }
    session.out.status = 1;
    match (options.has('q'), options.has('u')) {
        (true, _) => session.out.print(format!("Files {left} and {right} differ")),
        (_, true) => session.out.stdout.push_str(&diff::unified(left, right, old, new)),
        _ => session.out.stdout.push_str(&diff::normal(old, new)),
    }
}

fn history(words: &[String], session: &mut Session<'_, '_>) {
    let commands = session.world.trace.iter().filter(|entry| entry.topic == Topic::Command);
    let lines: Vec<String> = commands
        .enumerate()
        .map(|(index, entry)| format!("{:5}  {}", index + 1, entry.text))
        .collect();
    let wanted = words.first().map_or(Some(lines.len()), |word| word.parse().ok());
    let Some(wanted) = wanted else {
        return session.out.fail(format!("bash: history: {}: numeric argument required", words[0]));
    };
    for line in &lines[lines.len().saturating_sub(wanted)..] {
        session.out.print(line);
    }
}

fn sleep(words: &[String], session: &mut Session<'_, '_>) {
    let mut length = SimDuration::ZERO;
    for word in words {
        match age::parse_interval(word) {
            Some(more) => length += more,
            None => session.out.fail(format!("sleep: invalid time interval ‘{word}’")),
        }
    }
    match words {
        [] => session.out.fail("sleep: missing operand"),
        _ if session.out.status == 0 => {
            session.out.watch = Some(Watch::Sleep { until: session.ctx.now + length });
        }
        _ => {}
    }
}
