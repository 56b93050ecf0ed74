//! What is sold: who may see it.

use crate::text_enum::text_enum;

text_enum! {
    /// Who is offered a product.
    ProductVisibility {
        /// Nobody yet: it is being prepared.
        Draft = "draft",
        /// Only whom the organization subscribes itself; not offered in the portal.
        Private = "private",
        /// Offered to every customer.
        Public = "public",
    }
}
