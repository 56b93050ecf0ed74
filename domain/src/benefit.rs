//! What comes with a product: who may see it.

use crate::text_enum::text_enum;

text_enum! {
    /// Who is shown a benefit.
    BenefitVisibility {
        /// Nobody yet: it is being prepared.
        Draft = "draft",
        /// The organization only.
        Private = "private",
        /// The customers of the products that have it.
        Public = "public",
    }
}
