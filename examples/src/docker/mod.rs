//! The parts of `docker_site`.

pub mod arguments;
pub mod faults;
pub mod images;
pub mod keeper;
pub mod program;
pub mod site;
pub mod status;
pub mod visit;
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
    let line = Line::new();
    match &asked.command {
        Command::Help => Ok(()),
        Command::Up => wish::up(&site, asked.images, &line).await,
        Command::Status { json } => {
            line.say(status::status(&site, *json, Paint::on_terminal()).await?);
            Ok(())
        }
        Command::Break { what, how } => faults::strike(&site, what, how, &line).await,
        Command::Heal { what } => faults::heal(&site, what.as_deref(), &line).await,
        Command::Release { name, fault } => {
            wish::release(&site, &pool(&site, asked)?, (name, fault.as_deref()), &line).await
        }
        Command::Resize(count) => wish::resize(&site, &pool(&site, asked)?, *count, &line).await,
        Command::Hold(instance) => wish::pull(&site, instance, true, &line).await,
        Command::PutBack(instance) => wish::pull(&site, instance, false, &line).await,
        Command::Down => wish::down(&site, &line).await,
    }
}

/// The pool that was named, or the only one.
fn pool(site: &Site, asked: &Asked) -> Result<String, Stop> {
    let pools = &site.wanted.topology().pools;
    let names: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
    match (&asked.pool, names.as_slice()) {
        (Some(name), names) if names.contains(&name.as_str()) => Ok(name.clone()),
        (None, [only]) => Ok((*only).to_owned()),
        (Some(name), names) => Err(Stop::Wrong(format!("there is no pool {name}; there are {}", names.join(", ")))),
        (None, names) => Err(Stop::Wrong(format!("which pool? --pool {}", names.join(" or --pool ")))),
    }
}
