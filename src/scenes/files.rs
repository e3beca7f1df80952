//! The files that scenes name which come with the program: the pizza shop.

use std::collections::BTreeMap;

use crate::manifests::{self, Files};

/// Where the pizza shop lies, as scenes write it.
const SHOP: &str = "manifests/pizza";

/// The files that come with the program.
pub struct Embedded;

impl Files for Embedded {
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let shop = manifests::pizza();
        match path.split_once(SHOP).map(|(_, rest)| rest.trim_matches('/')) {
            Some("") => Ok(shop.into_iter().map(|(file, text)| (format!("{path}/{file}"), text)).collect()),
            Some(name) if shop.contains_key(name) => Ok(shop
                .into_iter()
                .filter(|(file, _)| file == name)
                .map(|(_, text)| (path.to_owned(), text))
                .collect()),
            _ => Err(format!("{path}: scenes that come with the program know only {SHOP}")),
        }
    }
}
