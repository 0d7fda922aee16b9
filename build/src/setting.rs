//! A setting as a package declares it in its `Cargo.toml` (`[package.metadata.settings]`): its type, and what of that
//! type a manifest may write.

use serde::Deserialize;

/// Ends an entry of a list, in what the compiler gets. No text has it.
const END: char = '\x1f';

/// What is wrong with a value: for the title, and beside the caret.
pub(crate) type Fault = (String, String);

/// A value that a manifest may give the tasks of a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Setting {
    #[serde(rename = "type")]
    kind: Kind,
    /// The value is a list of this type.
    #[serde(default)]
    list: bool,
    /// Numbers: the range, where it is smaller than the type's.
    least: Option<i64>,
    most: Option<i64>,
    /// A text's bytes, or a list's entries.
    shortest: Option<u32>,
    longest: Option<u32>,
    /// The texts that there are.
    choices: Option<Vec<String>>,
}

/// The type of the constant in the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    U8,
    U16,
    U32,
    U64,
    I32,
    Bool,
    Text,
}

impl Kind {
    /// The range of a type of numbers.
    const fn bounds(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::U8 => (0, u8::MAX as i128),
            Self::U16 => (0, u16::MAX as i128),
            Self::U32 => (0, u32::MAX as i128),
            Self::U64 => (0, u64::MAX as i128),
            Self::I32 => (i32::MIN as i128, i32::MAX as i128),
            Self::Bool | Self::Text => return None,
        })
    }
}

impl Setting {
    /// What a package declares.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn new(declared: &toml::Value) -> Result<Self, String> {
        let setting: Self = declared
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())?;
        let is_number = setting.kind.bounds().is_some();
        let has_length = setting.list || setting.kind == Kind::Text;
        let [least, most, shortest, longest, choices] = [
            ("least", setting.least.is_some() && !is_number),
            ("most", setting.most.is_some() && !is_number),
            ("shortest", setting.shortest.is_some() && !has_length),
            ("longest", setting.longest.is_some() && !has_length),
            (
                "choices",
                setting.choices.is_some() && setting.kind != Kind::Text,
            ),
        ];
        for (key, wrong) in [least, most, shortest, longest, choices] {
            if wrong {
                return Err(format!("`{key}` means nothing for this type"));
            }
        }
        if let Some((least, most)) = setting.range()
            && least > most
        {
            return Err(format!("no number is from {least} to {most}"));
        }
        let (shortest, longest) = setting.length();
        if shortest > longest {
            return Err(format!("nothing has from {shortest} to {longest}"));
        }
        if setting.choices.as_ref().is_some_and(Vec::is_empty) {
            return Err("`choices` is empty".to_owned());
        }
        Ok(setting)
    }

    /// The least and the greatest number, if it is one.
    fn range(&self) -> Option<(i128, i128)> {
        let (least, most) = self.kind.bounds()?;
        Some((
            self.least.map_or(least, |own| least.max(own.into())),
            self.most.map_or(most, |own| most.min(own.into())),
        ))
    }

    /// How many bytes or entries.
    fn length(&self) -> (u32, u32) {
        (self.shortest.unwrap_or(0), self.longest.unwrap_or(u32::MAX))
    }

    /// What it may be, for a person.
    pub(crate) fn describe(&self) -> String {
        let one = match (self.range(), &self.choices) {
            (Some((least, most)), _) => format!("a whole number from {least} to {most}"),
            (None, Some(choices)) => format!("one of {choices:?}"),
            (None, None) if self.kind == Kind::Bool => "true or false".to_owned(),
            (None, None) if self.list => "a text".to_owned(),
            (None, None) => format!("a text{}", self.describe_length("byte")),
        };
        if self.list {
            format!("a list{}, each {one}", self.describe_length("entry"))
        } else {
            one
        }
    }

    fn describe_length(&self, unit: &str) -> String {
        let many = match unit {
            "entry" => "entries",
            _ => "bytes",
        };
        match (self.shortest, self.longest) {
            (None, None) if unit == "entry" => " of entries".to_owned(),
            (None, None) => String::new(),
            (Some(1), Some(1)) => format!(" of 1 {unit}"),
            (Some(shortest), Some(longest)) if shortest == longest => {
                format!(" of {longest} {many}")
            }
            (Some(shortest), None) => format!(" of at least {shortest} {many}"),
            (None, Some(longest)) => format!(" of at most {longest} {many}"),
            (Some(shortest), Some(longest)) => format!(" of {shortest} to {longest} {many}"),
        }
    }

    /// A manifest's value as the compiler gets it (`userlib::setting!`).
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn text_of(&self, value: &toml::Value) -> Result<String, Fault> {
        if !self.list {
            return self.one(value);
        }
        let Some(entries) = value.as_array() else {
            return Err(wrong_type(value, "a list"));
        };
        self.check_length(entries.len(), "entries")?;
        let mut text = String::new();
        for (index, entry) in entries.iter().enumerate() {
            let entry = self.one(entry);
            let entry = entry
                .map_err(|(title, label)| (format!("{title}, in entry {}", index + 1), label))?;
            text.push_str(&entry);
            text.push(END);
        }
        Ok(text)
    }

    fn one(&self, value: &toml::Value) -> Result<String, Fault> {
        if let Some((least, most)) = self.range() {
            let number = value.as_integer();
            let number = number.ok_or_else(|| wrong_type(value, "a whole number"))?;
            if !(least..=most).contains(&i128::from(number)) {
                return Err((
                    format!("is out of its range: {number}"),
                    format!("from {least} to {most}"),
                ));
            }
            return Ok(number.to_string());
        }
        if self.kind == Kind::Bool {
            let flag = value.as_bool();
            return Ok(flag
                .ok_or_else(|| wrong_type(value, "true or false"))?
                .to_string());
        }
        let text = value.as_str().ok_or_else(|| wrong_type(value, "a text"))?;
        if let Some(character) = text.chars().find(|character| character.is_control()) {
            return Err((
                format!("has a character that no setting may have: {character:?}"),
                "expected a text of one line".to_owned(),
            ));
        }
        if let Some(choices) = &self.choices
            && !choices.iter().any(|choice| choice == text)
        {
            return Err((
                format!("is none of its choices: {text:?}"),
                format!("expected one of {choices:?}"),
            ));
        }
        if !self.list {
            self.check_length(text.len(), "bytes")?;
        }
        Ok(text.to_owned())
    }

    fn check_length(&self, length: usize, unit: &str) -> Result<(), Fault> {
        let (shortest, longest) = self.length();
        if (shortest as usize..=longest as usize).contains(&length) {
            return Ok(());
        }
        let all = self.describe_length(if unit == "bytes" { "byte" } else { "entry" });
        Err((
            format!(
                "is too {}",
                if length > longest as usize {
                    "long"
                } else {
                    "short"
                }
            ),
            format!("{length} {unit}, expected one{all}"),
        ))
    }
}

fn wrong_type(value: &toml::Value, expected: &str) -> Fault {
    (
        format!("has a wrong type: {}", value.type_str()),
        format!("expected {expected}"),
    )
}

#[cfg(test)]
mod tests {
    use super::Setting;

    fn setting(text: &str) -> Result<Setting, String> {
        Setting::new(&text.parse::<toml::Table>().unwrap()["a"])
    }

    #[test]
    fn every_type_has_its_values() {
        for (declared, value, text) in [
            ("{ type = \"u8\" }", "255", Ok("255")),
            ("{ type = \"i32\" }", "-2147483648", Ok("-2147483648")),
            ("{ type = \"bool\" }", "true", Ok("true")),
            ("{ type = \"bool\" }", "1", Err("has a wrong type: integer")),
            ("{ type = \"text\" }", "\"a, b\"", Ok("a, b")),
            ("{ type = \"text\" }", "\"\"", Ok("")),
            ("{ type = \"text\" }", "7", Err("has a wrong type: integer")),
            (
                "{ type = \"text\", longest = 2 }",
                "\"äa\"",
                Err("is too long"),
            ),
            ("{ type = \"text\", longest = 2 }", "\"ä\"", Ok("ä")),
            (
                "{ type = \"text\", shortest = 1 }",
                "\"\"",
                Err("is too short"),
            ),
            (
                "{ type = \"text\", choices = [\"8N1\"] }",
                "\"8N1\"",
                Ok("8N1"),
            ),
            (
                "{ type = \"text\", choices = [\"8N1\"] }",
                "\"8E1\"",
                Err("is none of its choices: \"8E1\""),
            ),
            (
                "{ type = \"text\" }",
                "\"a\\u001fb\"",
                Err("has a character that no setting may have: '\\u{1f}'"),
            ),
            ("{ type = \"u8\", list = true }", "[]", Ok("")),
            ("{ type = \"u8\", list = true }", "[1, 2]", Ok("1\x1f2\x1f")),
            (
                "{ type = \"u8\", list = true }",
                "1",
                Err("has a wrong type: integer"),
            ),
            (
                "{ type = \"u8\", list = true }",
                "[1, 256]",
                Err("is out of its range: 256, in entry 2"),
            ),
            (
                "{ type = \"text\", list = true }",
                "[\"\", \"b\"]",
                Ok("\x1fb\x1f"),
            ),
            (
                "{ type = \"u8\", list = true, shortest = 6, longest = 6 }",
                "[1]",
                Err("is too short"),
            ),
            (
                "{ type = \"bool\", list = true, longest = 1 }",
                "[true, false]",
                Err("is too long"),
            ),
        ] {
            let value = &format!("a = {value}").parse::<toml::Table>().unwrap()["a"];
            let found = setting(&format!("a = {declared}")).unwrap().text_of(value);
            let found = found.map_err(|(title, _)| title);
            let expected = text.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(found, expected, "{declared}: {value}");
        }
    }

    #[test]
    fn what_no_value_could_be_is_refused() {
        for (declared, fault) in [
            ("7", "invalid type"),
            ("{ least = 1 }", "missing field `type`"),
            ("{ type = \"u128\" }", "unknown variant `u128`"),
            ("{ type = \"u8\", lest = 1 }", "unknown field `lest`"),
            ("{ type = \"bool\", most = 1 }", "`most` means nothing"),
            ("{ type = \"text\", least = 1 }", "`least` means nothing"),
            ("{ type = \"u8\", longest = 1 }", "`longest` means nothing"),
            (
                "{ type = \"u8\", choices = [\"a\"] }",
                "`choices` means nothing",
            ),
            ("{ type = \"text\", choices = [] }", "`choices` is empty"),
            (
                "{ type = \"u8\", least = 2, most = 1 }",
                "no number is from 2 to 1",
            ),
            (
                "{ type = \"text\", shortest = 2, longest = 1 }",
                "nothing has from 2 to 1",
            ),
        ] {
            let found = setting(&format!("a = {declared}")).unwrap_err();
            assert!(found.contains(fault), "{declared}: {found}");
        }
    }

    #[test]
    fn it_is_described() {
        for (declared, text) in [
            ("{ type = \"u8\", most = 9 }", "a whole number from 0 to 9"),
            ("{ type = \"bool\" }", "true or false"),
            ("{ type = \"text\" }", "a text"),
            (
                "{ type = \"text\", longest = 8 }",
                "a text of at most 8 bytes",
            ),
            (
                "{ type = \"text\", choices = [\"a\", \"b\"] }",
                "one of [\"a\", \"b\"]",
            ),
            (
                "{ type = \"u8\", list = true, shortest = 6, longest = 6 }",
                "a list of 6 entries, each a whole number from 0 to 255",
            ),
            (
                "{ type = \"text\", list = true, shortest = 1 }",
                "a list of at least 1 entries, each a text",
            ),
            (
                "{ type = \"bool\", list = true }",
                "a list of entries, each true or false",
            ),
        ] {
            assert_eq!(
                setting(&format!("a = {declared}")).unwrap().describe(),
                text
            );
        }
    }
}
