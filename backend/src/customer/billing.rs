//! The address and the tax number that go on invoices, as the company's backend tells them.

use domain::address::Address;
use domain::field_errors::FieldErrors;
use domain::tax_id::TaxId;

/// What was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Billing {
    pub address: Option<Address>,
    /// In its country's usual form.
    pub tax_id: Option<String>,
}

impl Billing {
    /// Reads a tax number by the rules of the address's country. Codes: those of [`TaxId::parse`] at `tax_id`, and `required` at
    /// `billing_address` where a number stands without a country.
    pub(super) fn checked(
        errors: &mut FieldErrors,
        address: Option<Address>,
        tax_id: Option<&str>,
    ) -> Self {
        let number = match (tax_id, &address) {
            (None, _) => None,
            (Some(typed), Some(address)) => errors.take(TaxId::parse(address.country, typed)),
            (Some(_), None) => {
                if errors.is_empty() {
                    errors.push("billing_address", "required");
                }
                None
            }
        };
        Self { address, tax_id: number.map(|number| number.number) }
    }
}
