//! Whether a customer is one person or a team.

use serde::{Deserialize, Serialize};

/// An individual is one person, the owner; a team has members with roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerType {
    Individual,
    Team,
}

impl CustomerType {
    pub const ALL: [Self; 2] = [Self::Individual, Self::Team];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Team => "team",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|customer_type| customer_type.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back() {
        for customer_type in CustomerType::ALL {
            assert_eq!(CustomerType::parse(customer_type.as_str()), Some(customer_type));
        }
        assert_eq!(CustomerType::parse("Team"), None);
    }
}
