//! A plain page that needs neither the portal's renderer nor the database: refusals and the development mailbox.

use std::fmt::Write as _;

use domain::locale::Locale;

/// A whole document around `content`, which is markup already.
pub fn page(locale: Locale, title: &str, style_url: &str, content: &str) -> String {
    let mut html = String::with_capacity(content.len() + 512);
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
         <link rel=\"stylesheet\" href=\"{}\">\n</head>\n<body>\n<div class=\"frame frame-bare\">\n<main class=\"content\">\n{content}\n</main>\n</div>\n</body>\n</html>\n",
        locale.tag(),
        escape(title),
        escape(style_url),
    );
    html
}

/// Text as it stands in markup and in attribute values.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<a href='x\"'>&"), "&lt;a href=&#39;x&quot;&#39;&gt;&amp;");
        assert!(page(Locale::De, "<x>", "/a.css", "<p>y</p>").contains("<title>&lt;x&gt;</title>"));
    }
}
