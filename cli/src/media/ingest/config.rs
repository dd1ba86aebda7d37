//! Many inputs from a file: each table has the options of `publish` by their names, and is read
//! by the same definition.

use std::fs;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgAction, Command as Definition, CommandFactory, Parser};
use toml::{Table, Value};

use cuframes_cli::args::{Arguments, Command, PublishArguments};
use cuframes_cli::exit::Failure;

/// Options of the program and not of a camera.
const COMMON: [&str; 3] = ["config", "json", "quiet"];

/// The cameras of the file.
pub fn read(file: &Path, arguments: &PublishArguments) -> Result<Vec<PublishArguments>, Failure> {
    let name = file.display();
    let definition = definition()?;
    refuse_others(&definition)?;
    let text = fs::read_to_string(file).map_err(Failure::io(format!("read {name}")))?;
    let wrong = |what: String| Failure::Usage(format!("{name}: {what}"));
    let cameras = parse(&text, &definition, arguments).map_err(wrong)?;
    for (number, camera) in cameras.iter().enumerate() {
        if cameras[..number]
            .iter()
            .any(|other| other.key() == camera.key())
        {
            return Err(wrong(format!("two cameras have the key {}", camera.key())));
        }
    }
    Ok(cameras)
}

fn definition() -> Result<Definition, Failure> {
    let all = Arguments::command();
    let publish = all.find_subcommand("publish").cloned();
    publish.ok_or_else(|| Failure::Usage("there is no command publish".to_owned()))
}

/// Options beside --config would say nothing.
fn refuse_others(definition: &Definition) -> Result<(), Failure> {
    let given = Arguments::command().get_matches();
    let Some(given) = given.subcommand_matches("publish") else {
        return Ok(());
    };
    let other = definition.get_arguments().find(|option| {
        let id = option.get_id().as_str();
        !COMMON.contains(&id)
            && matches!(given.try_contains_id(id), Ok(true))
            && given.value_source(id) == Some(ValueSource::CommandLine)
    });
    match other {
        None => Ok(()),
        Some(option) => Err(Failure::Usage(format!(
            "beside --config, {} says nothing: write it into the file",
            option
                .get_long()
                .map_or("INPUT".to_owned(), |name| format!("--{name}"))
        ))),
    }
}

fn parse(
    text: &str,
    definition: &Definition,
    arguments: &PublishArguments,
) -> Result<Vec<PublishArguments>, String> {
    let mut file: Table = text.parse().map_err(|error: toml::de::Error| {
        // The error itself would show the line, and a password in it.
        let before = error.span().map_or("", |span| &text[..span.start]);
        let line = 1 + before.matches('\n').count();
        format!("line {line}: {}", error.message())
    })?;
    let defaults = match file.remove("defaults") {
        None => Table::new(),
        Some(Value::Table(table)) => table,
        Some(_) => return Err("[defaults] is a table".to_owned()),
    };
    let cameras = match file.remove("camera") {
        Some(Value::Array(cameras)) if !cameras.is_empty() => cameras,
        _ => return Err("there is no [[camera]]".to_owned()),
    };
    if let Some(unknown) = file.keys().next() {
        return Err(format!("{unknown} is neither [[camera]] nor [defaults]"));
    }
    let number = (1..).zip(cameras);
    number
        .map(|(number, camera)| {
            let Value::Table(own) = camera else {
                return Err(format!("camera {number}: it is a table: [[camera]]"));
            };
            let mut table = defaults.clone();
            table.extend(own);
            one(table, definition, arguments).map_err(|error| format!("camera {number}: {error}"))
        })
        .collect()
}

fn one(
    mut table: Table,
    definition: &Definition,
    arguments: &PublishArguments,
) -> Result<PublishArguments, String> {
    let Some(Value::String(input)) = table.remove("input") else {
        return Err("input is missing, which is what FFmpeg opens".to_owned());
    };
    if input == "-" {
        return Err("standard input is no camera".to_owned());
    }
    let mut line = vec!["cuframes".to_owned(), "publish".to_owned()];
    for (name, value) in &table {
        line.extend(option(name, value, definition)?);
    }
    line.extend([String::from("--"), input]);
    let parsed = Arguments::try_parse_from(line).map_err(|error| sentence(&error))?;
    let Command::Publish(camera) = parsed.command else {
        return Err("it is not to be published".to_owned());
    };
    let camera = PublishArguments {
        json: arguments.json,
        quiet: arguments.quiet,
        ..*camera
    };
    camera.check()?;
    Ok(camera)
}

/// What is wrong, without how to use a command line.
fn sentence(error: &clap::Error) -> String {
    let told = error.render().to_string();
    let lines = told.lines().map(str::trim);
    let lines = lines.take_while(|line| !line.starts_with("Usage:"));
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// An entry as it is written on the command line.
fn option(name: &str, value: &Value, definition: &Definition) -> Result<Vec<String>, String> {
    let known = definition
        .get_arguments()
        .find(|known| known.get_long() == Some(name))
        .filter(|known| !COMMON.contains(&known.get_id().as_str()));
    let known = known.ok_or_else(|| format!("{name} is no option of a camera"))?;
    let is_flag = matches!(known.get_action(), ArgAction::SetTrue);
    let written = |value: &Value| match value {
        Value::String(text) => Ok(format!("--{name}={text}")),
        Value::Integer(number) => Ok(format!("--{name}={number}")),
        Value::Float(number) => Ok(format!("--{name}={number}")),
        Value::Boolean(yes) if !is_flag => Ok(format!("--{name}={yes}")),
        _ => Err(format!("{name} has a value that is none")),
    };
    match value {
        Value::Boolean(true) if is_flag => Ok(vec![format!("--{name}")]),
        Value::Boolean(false) if is_flag => Ok(Vec::new()),
        Value::Array(values) => values.iter().map(written).collect(),
        value => Ok(vec![written(value)?]),
    }
}
