//! The parts of `aws_site`.

pub mod arguments;
pub mod seen;
pub mod site;
pub mod status;
pub mod wish;

use crate::{
    show::{Line, Paint},
    stop::{Stop, end, help},
};
use arguments::{Asked, Command, HELP};
use site::Site;
use std::ffi::OsString;

/// Does what these arguments ask for, and answers the exit code.
pub async fn run(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> u8 {
    end(match arguments::read(arguments) {
        Ok(asked) if asked.command == Command::Help => {
            help(HELP);
            Ok(())
        }
        Ok(asked) => act(&asked).await,
        Err(line) => Err(Stop::Wrong(line)),
    })
}

async fn act(asked: &Asked) -> Result<(), Stop> {
    let site = Site::open(asked).await?;
    site.may_cost(asked)?;
    let line = Line::new();
    match asked.command {
        Command::Help => Ok(()),
        Command::Plan { look, json } => wish::show_plan(&site, (look, json), &line).await,
        Command::Apply => wish::apply(&site, &line).await,
        Command::Status { json } => {
            line.say(status::status(&site, json, Paint::on_terminal()).await?);
            Ok(())
        }
        Command::Remove => wish::remove(&site, &line).await,
    }
}
