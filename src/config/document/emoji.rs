//! The emoji of a document.

use super::check::Errors;
use super::view::View;
use crate::config::Config;
use crate::emoji::{DomainSet, EmojiSet, FieldDef, Keep, Layer};

/// What a table asks for, as the part of a configuration that is about emoji.
pub(super) fn config(table: View<'_>, errors: &mut Errors<'_>) -> Config {
    let mut config = Config::new();
    config.name_emoji = table.bool("names");
    config.field_emoji = table.bool("fields");
    config.layers = table.texts("layers").map(str::to_owned).collect();
    let marks = table.table("marks").entries();
    config.names =
        marks.filter_map(|(name, mark)| Some((name.to_owned(), mark.text()?.to_owned()))).collect();
    config.name_fallback = table.text("fallback").map(str::to_owned);
    config.keep_fields = table.text("keep").and_then(keep);
    config.custom_layers =
        table.tables("custom_layers").filter_map(|table| layer(table, errors)).collect();
    config.emoji_sets = table.tables("sets").filter_map(|table| set(table, errors)).collect();
    let own = table.tables("domain_sets").filter_map(|table| domain_set(table, errors));
    config.domain_sets = table.texts("domains").filter_map(domain).chain(own).collect();
    config.show_emoji_matrix = table.bool("show_matrix").unwrap_or(false);
    config
}

fn keep(name: &str) -> Option<Keep> {
    match name {
        "all" => Some(Keep::All),
        "unknown" => Some(Keep::Unknown),
        "none" => Some(Keep::None),
        _ => None,
    }
}

fn domain(name: &str) -> Option<DomainSet> {
    match name {
        "k8s" => Some(DomainSet::k8s()),
        "web" => Some(DomainSet::web()),
        "db" => Some(DomainSet::db()),
        _ => None,
    }
}

fn set(table: View<'_>, errors: &mut Errors<'_>) -> Option<EmojiSet> {
    table.need("name", "name the set", errors);
    let emojis = table.table("emojis").entries();
    let set = emojis.fold(EmojiSet::new(table.text("name")?), |set, (value, emoji)| {
        set.with(value, emoji.text().unwrap_or(""))
    });
    Some(match table.text("default_key") {
        Some(key) => set.default_key(key),
        None => set,
    })
}

fn layer(table: View<'_>, errors: &mut Errors<'_>) -> Option<Layer> {
    table.need("name", "name the layer", errors);
    let priority = table.signed("priority").and_then(|number| i32::try_from(number).ok());
    let mut layer = Layer::new(table.text("name").unwrap_or("")).priority(priority.unwrap_or(0));
    layer.description = table.text("description").map(str::to_owned);
    for sets in table.tables("sets") {
        layer = layer.set(set(sets, errors)?);
    }
    for fields in table.tables("fields") {
        fields.need("key", "name the field", errors);
        let text = |name: &str| fields.text(name).map(str::to_owned);
        let mut field = FieldDef::new(text("key")?);
        field.description = text("description");
        field.value_type = text("value_type");
        field.set = text("set");
        field.default_override_key = text("default_override_key");
        layer = layer.field(field);
    }
    table.text("name").map(|_| layer)
}

fn domain_set(table: View<'_>, errors: &mut Errors<'_>) -> Option<DomainSet> {
    table.need("domain", "name the logger", errors);
    table.need("fallback", "say which emoji stands where no rule fits", errors);
    let mut set = DomainSet::new(table.text("domain")?, table.text("fallback")?);
    for rule in table.tables("rules") {
        rule.need("action", "name the beginning of the action", errors);
        rule.need("otherwise", "say which emoji every other status has", errors);
        let statuses = rule.table("statuses").entries();
        let statuses: Vec<(&str, &str)> =
            statuses.filter_map(|(status, emoji)| Some((status, emoji.text()?))).collect();
        set = set.rule(rule.text("action")?, &statuses, rule.text("otherwise")?);
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::super::keys::names::{DOMAINS, KEEPS, LAYERS};
    use super::*;

    #[test]
    fn names_of_the_table_are_known() {
        assert!(KEEPS.iter().all(|name| keep(name).is_some()));
        assert!(DOMAINS.iter().all(|name| domain(name).is_some()));
        assert!(LAYERS.iter().all(|name| Layer::named(name).is_ok()));
    }
}
