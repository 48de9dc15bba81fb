//! Resources that run beside a job of the user's own: one container each, with a password that lives as long as the job.

use crate::artifact::{Script, Word};
use crate::emit::github::workflow::Step;
use crate::model;
use crate::plan::Plan;
use crate::source::Sourced;
use crate::standard;

/// How often a container is asked whether it is well before the job gives up, once a second.
const TRIES: i64 = 90;

/// The variable that holds a field of a resource: `ORDERS_URL`.
pub(super) fn variable(resource: &str, field: &str) -> String {
    [resource, "_", field].concat().replace('-', "_").to_uppercase()
}

/// The step that starts a resource and puts its address into the environment of the steps after it; none where its
/// kind has no container.
pub(super) fn step(plan: &Plan<'_>, resource: &model::Resource, named: &Sourced<String>) -> Option<Step> {
    let kind: &'static model::StdResourceKind = standard::get("resource-kind", resource.kind.value.word())?;
    let container = kind.container.as_ref()?;
    let origin = named.origin.clone().with(&resource.origin).with(&container.origin);
    let values = Values { plan, resource, kind };
    let mut script = Script::strict();
    let name = [("name", Word::text(named.value.as_str()))];
    script.comment("The container sees no real data, and is gone with the job.");
    script.line("password=$(openssl rand -hex 16)", &[]);
    script.line("echo \"::add-mask::$password\"", &[]);
    values.run(&mut script, container, &named.value);
    script.each("try", "$(seq {tries})", &[("tries", Word::number(TRIES))], |body| {
        body.when("{probe} >/dev/null 2>&1", &[("probe", values.probe(container, &named.value))], |then| {
            then.line("break", &[]);
        });
        body.when("[[ $try -eq {tries} ]]", &[("tries", Word::number(TRIES))], |then| {
            then.line("docker logs {name}", &name).line("exit 1", &[]);
        });
        body.line("sleep 1", &[]);
    });
    let fields = |body: &mut Script| {
        for (field, value) in values.fields() {
            let name = Word::text([&variable(&named.value, field), "="].concat());
            body.line("echo {assignment}", &[("assignment", Word::Joined(vec![name, value]))]);
        }
    };
    script.block("{", &[], fields, "} >>\"$GITHUB_ENV\"");
    Some(Step::run(["Start ", &named.value].concat(), script, &origin))
}

struct Values<'a> {
    plan: &'a Plan<'a>,
    resource: &'a model::Resource,
    kind: &'a model::StdResourceKind,
}

impl Values<'_> {
    fn user(&self) -> &str {
        self.resource.user.as_ref().map_or(self.kind.user.value.as_str(), |user| user.value.as_str())
    }

    fn port(&self) -> &str {
        self.kind.port.as_ref().map_or("0", |port| port.value.as_str())
    }

    /// A fact with its placeholders filled; the password is the shell's.
    fn fill(&self, template: &str) -> Word {
        let database = self.resource.name.value.replace('-', "_");
        let known = template
            .replace("{user}", self.user())
            .replace("{name}", &database)
            .replace("{host}", "127.0.0.1")
            .replace("{port}", self.port());
        let mut pieces = Vec::new();
        for (index, literal) in known.split("{password}").enumerate() {
            if index > 0 {
                pieces.push(Word::var("password"));
            }
            if !literal.is_empty() {
                pieces.push(Word::text(literal));
            }
        }
        Word::Joined(pieces)
    }

    /// The image with the tag of the wanted version; a version the facts do not know is its own tag.
    fn image(&self, container: &model::StdResourceKindContainer) -> Sourced<String> {
        let wanted = self.resource.version.as_ref().or(self.kind.default_version.as_ref());
        let wanted = wanted.map_or("", |version| version.value.as_str());
        let known = container.version.iter().find(|version| version.name.value == wanted);
        let tag = known.map_or(wanted, |version| version.tag.value.as_str());
        let reference = Sourced::new(container.image.value.replace("{tag}", tag), self.resource.origin.clone());
        self.plan.model.pins.image(&reference)
    }

    fn run(&self, script: &mut Script, container: &model::StdResourceKindContainer, name: &str) {
        let mut words = vec![Word::text("--name"), Word::text(name), Word::text("--publish")];
        words.push(Word::text(["127.0.0.1:", self.port(), ":", self.port()].concat()));
        let mut variable = |name: &str, value: Word| {
            words.push(Word::text("--env"));
            words.push(Word::Joined(vec![Word::text([name, "="].concat()), value]));
        };
        for env in &container.env {
            variable(&env.name.value, self.fill(&env.value.value));
        }
        for env in &container.secret_env {
            variable(&env.name.value, Word::var("password"));
        }
        let image = self.image(container);
        words.push(Word::text(image.value.as_str()));
        words.extend(container.command.iter().map(|word| self.fill(&word.value)));
        script.at(&image.origin, |script| {
            script.line("docker run --detach {words} >/dev/null", &[("words", Word::List(words))]);
        });
    }

    fn probe(&self, container: &model::StdResourceKindContainer, name: &str) -> Word {
        let health = container.health.as_ref().map(|health| health.words.as_slice()).unwrap_or_default();
        let mut words: Vec<Word> = ["docker", "exec", name].into_iter().map(Word::text).collect();
        match health {
            [] => words.push(Word::text("true")),
            health => words.extend(health.iter().map(|word| self.fill(&word.value))),
        }
        Word::List(words)
    }

    fn fields(&self) -> Vec<(&'static str, Word)> {
        let mut fields: Vec<(&'static str, Word)> =
            self.kind.url.iter().map(|url| ("url", self.fill(&url.template.value))).collect();
        fields.push(("host", Word::text("127.0.0.1")));
        fields.push(("port", Word::text(self.port())));
        fields.push(("user", Word::text(self.user())));
        fields.push(("password", Word::var("password")));
        fields.push(("name", self.fill("{name}")));
        fields
    }
}
