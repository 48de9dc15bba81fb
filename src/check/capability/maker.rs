//! What a resource declares, and whoever runs it cannot give it.

use crate::check::capability::target::Target;
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::source::Span;
use crate::value::Schedule;

/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Who runs a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// The platform.
    Platform,
    /// A container beside the services.
    Container,
}

/// One thing that a resource declares: where, whether it can be given, what it is called, and what to do where it cannot.
struct Need {
    place: Option<Span>,
    possible: bool,
    what: &'static str,
    help: String,
}

/// Whoever makes a resource, as the standard library knows him.
struct Maker<'a> {
    facts: &'a model::StdResourceKind,
    managed: Option<&'a model::StdManaged>,
    container: Option<&'a model::StdResourceKindContainer>,
}

/// Reports what a resource declares and its maker would leave out. A developer's own machine is not asked: there it is
/// enough that the server runs.
pub(super) fn check(
    target: &Target<'_>,
    resource: &model::Resource,
    facts: &model::StdResourceKind,
    run: Run,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let managed = facts.managed.iter().find(|row| row.platform.value == target.name).filter(|_| run == Run::Platform);
    let container = facts.container.as_ref().filter(|_| run == Run::Container);
    // Of products without commands nothing is known that could be refused.
    if managed.is_some_and(|managed| managed.create.is_empty()) {
        return;
    }
    let maker = Maker { facts, managed, container };
    let mut needs = maker.plain(resource);
    needs.extend(maker.databases(resource));
    needs.extend(maker.backup(resource));
    needs.extend(maker.version(resource));
    for need in needs.into_iter().filter(|need| !need.possible) {
        let Some(place) = need.place else { continue };
        let message = format!("{} takes no {}", maker.name(), need.what);
        diagnostics.push(
            Diagnostic::new(code::CAPABILITY_RESOURCE, place, message)
                .label("would be left out")
                .also(target.place, format!("runs on `{}`", target.name))
                .help(need.help),
        );
    }
}

impl Maker<'_> {
    fn name(&self) -> String {
        match self.managed {
            Some(managed) => managed.product.value.clone(),
            None => format!("the container of {}", self.facts.title.value),
        }
    }

    fn has_option(&self, name: &str) -> bool {
        self.managed.is_some_and(|managed| managed.option.iter().any(|option| option.for_.value == name))
    }

    /// Whether a command makes this, once for each that is declared.
    fn makes(&self, name: &str) -> bool {
        self.managed.is_some_and(|managed| managed.create.iter().any(|create| create.for_.value == name))
            || self.container.is_some_and(|container| container.init.iter().any(|init| init.for_.value == name))
    }

    /// What is possible for every resource of the kind, or for none.
    fn plain(&self, resource: &model::Resource) -> Vec<Need> {
        let kept = self.container.is_some_and(|container| {
            container.data_directory.is_some()
                || container.version.iter().any(|version| version.data_directory.is_some())
        });
        let settable = self.container.is_some_and(|container| !container.setting.is_empty());
        let taken = self.container.is_some_and(|container| !container.secret_env.is_empty())
            || self
                .managed
                .is_some_and(|managed| managed.create.iter().any(|create| create.command.value.contains("$PASSWORD")));
        let setting = resource.setting.as_ref().and_then(|setting| setting.others.first());
        let need = |place, possible, what, help: &str| Need { place, possible, what, help: help.to_owned() };
        vec![
            need(
                resource.storage.as_ref().map(|storage| storage.origin.place),
                kept || self.has_option("storage"),
                "size of its storage",
                "remove `storage`",
            ),
            need(
                setting.map(|(key, _)| key.origin.place),
                settable || self.has_option("setting"),
                "settings",
                "remove `setting`",
            ),
            need(
                resource.user.as_ref().map(|user| user.origin.place),
                !self.facts.user.value.is_empty(),
                "name of a user",
                "remove `user`",
            ),
            need(
                resource.password.as_ref().map(|password| password.origin.place),
                taken,
                "password that others choose",
                "remove `password`: services read the one that it makes",
            ),
            need(
                resource.replica.as_ref().map(|replica| replica.origin.place),
                self.makes("replica"),
                "replicas",
                "remove `replica`",
            ),
            need(
                resource.alias.first().map(|alias| alias.origin.place),
                self.container.is_some(),
                "further name",
                "remove `alias`",
            ),
        ]
    }

    fn databases(&self, resource: &model::Resource) -> Vec<Need> {
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let needs = resource.database.iter().map(|database| Need {
            place: Some(database.origin.place),
            possible: plain(&database.value) && self.makes("database"),
            what: "further database of this name",
            help: "use a name of letters, digits and `_`, or let the program make it".to_owned(),
        });
        needs.collect()
    }

    fn backup(&self, resource: &model::Resource) -> Option<Need> {
        let backup = resource.backup.as_ref()?;
        let unattended = self.facts.backup.as_ref().is_some_and(|backup| !backup.unattended.value.is_empty());
        let daily = backup.every.value.seconds() == DAY;
        let period = daily || Schedule::parse(&format!("every {}", backup.every.value)).is_ok();
        Some(Need {
            place: Some(backup.origin.place),
            possible: (self.container.is_some() && unattended && period) || (self.has_option("backup") && daily),
            what: "backup at these times",
            help: "write `every=\"1d\"`, or back it up by a cron of your own".to_owned(),
        })
    }

    fn version(&self, resource: &model::Resource) -> Option<Need> {
        let known = self.managed.map(|managed| &*managed.version).filter(|known| !known.is_empty())?;
        let version = resource.version.as_ref()?;
        let names: Vec<String> = known.iter().map(|one| format!("`{}`", one.name.value)).collect();
        Some(Need {
            place: Some(version.origin.place),
            possible: known.iter().any(|one| one.name.value == version.value),
            what: "such version",
            help: format!("it has {}", names.join(", ")),
        })
    }
}
