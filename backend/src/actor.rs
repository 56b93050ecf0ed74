//! Who acts. Every command and question of a tenant takes an actor; what the actor may do is decided here.

use domain::id::{
    AccessTokenId, CheckoutId, CustomerId, MemberId, OrderId, OrganizationId, SessionId,
};
use domain::role::MemberRole;
use uuid::Uuid;

use crate::error::Forbidden;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person who acts for a customer, signed in to the portal.
    Member(MemberActor),
    /// The organization's own backend.
    AccessToken { organization_id: OrganizationId, access_token_id: AccessTokenId },
    /// Whoever holds an order's pay link, without a session: may see what is to be paid, pay it, and nothing else.
    Payer { organization_id: OrganizationId, customer_id: CustomerId, order_id: OrderId },
    /// Whoever holds a checkout's secret, without a session: may fill that checkout in, confirm it, and nothing else.
    Buyer { organization_id: OrganizationId, checkout_id: CheckoutId },
    /// Foyer itself: the worker, or a person at its command line. Without an organization it may act in every one.
    System { organization_id: Option<OrganizationId> },
}

/// A signed-in member: of which customer, in which role, through which session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberActor {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub member_id: MemberId,
    pub role: MemberRole,
    pub session_id: SessionId,
}

impl Actor {
    /// The one organization this actor belongs to; `None` for the system as a whole.
    pub fn organization_id(&self) -> Option<OrganizationId> {
        match self {
            Self::Member(member) => Some(member.organization_id),
            Self::AccessToken { organization_id, .. }
            | Self::Payer { organization_id, .. }
            | Self::Buyer { organization_id, .. } => Some(*organization_id),
            Self::System { organization_id } => *organization_id,
        }
    }

    /// The member who acts, if one does.
    pub fn member(&self) -> Option<&MemberActor> {
        match self {
            Self::Member(member) => Some(member),
            _ => None,
        }
    }

    /// The customer to whose rows the actor is confined; `None` when it may see all of the organization.
    pub fn customer_id(&self) -> Option<CustomerId> {
        match self {
            Self::Member(member) => Some(member.customer_id),
            Self::Payer { customer_id, .. } => Some(*customer_id),
            Self::AccessToken { .. } | Self::Buyer { .. } | Self::System { .. } => None,
        }
    }

    /// May this actor look at what every role may see? Who holds nothing but a pay link may not.
    pub fn reader(&self, organization_id: OrganizationId) -> Result<(), Forbidden> {
        self.within(organization_id)?;
        match self {
            Self::Payer { .. } | Self::Buyer { .. } => Err(Forbidden),
            _ => Ok(()),
        }
    }

    /// May this actor read orders and amounts of the organization's customers (a member: of its own customer)?
    pub fn billing_reader(&self, organization_id: OrganizationId) -> Result<(), Forbidden> {
        self.within(organization_id)?;
        match self {
            Self::Member(member) if !member.role.can_read_billing() => Err(Forbidden),
            Self::Payer { .. } | Self::Buyer { .. } => Err(Forbidden),
            _ => Ok(()),
        }
    }

    /// May this actor change what is billed?
    pub fn billing_writer(&self, organization_id: OrganizationId) -> Result<(), Forbidden> {
        self.within(organization_id)?;
        match self {
            Self::Member(member) if !member.role.can_write_billing() => Err(Forbidden),
            Self::Payer { .. } | Self::Buyer { .. } => Err(Forbidden),
            _ => Ok(()),
        }
    }

    /// May this actor pay this order? Whoever may change what is billed, and who holds the order's pay link. Whether the order is of
    /// the actor's customer is for the caller to check.
    pub fn payer(
        &self,
        organization_id: OrganizationId,
        order_id: OrderId,
    ) -> Result<(), Forbidden> {
        match self {
            Self::Payer { order_id: own, .. } if *own == order_id => self.within(organization_id),
            _ => self.billing_writer(organization_id),
        }
    }

    /// Is this the organization's own side: its backend, or Foyer itself?
    pub fn staff(&self, organization_id: OrganizationId) -> Result<(), Forbidden> {
        self.within(organization_id)?;
        match self {
            Self::Member(_) | Self::Payer { .. } | Self::Buyer { .. } => Err(Forbidden),
            _ => Ok(()),
        }
    }

    /// May this actor fill in and confirm this checkout? The organization itself, and who holds the checkout's secret.
    pub fn buyer(
        &self,
        organization_id: OrganizationId,
        checkout_id: CheckoutId,
    ) -> Result<(), Forbidden> {
        match self {
            Self::Buyer { checkout_id: own, .. } if *own == checkout_id => {
                self.within(organization_id)
            }
            _ => self.staff(organization_id),
        }
    }

    /// The name of the kind of actor in the event log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::AccessToken { .. } => "access_token",
            Self::Payer { .. } => "payer",
            Self::Buyer { .. } => "buyer",
            Self::System { .. } => "system",
        }
    }

    /// The row that stands for the actor, if one does.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Member(member) => Some(member.member_id.into()),
            Self::AccessToken { access_token_id, .. } => Some((*access_token_id).into()),
            Self::Payer { .. } | Self::Buyer { .. } | Self::System { .. } => None,
        }
    }

    fn within(&self, organization_id: OrganizationId) -> Result<(), Forbidden> {
        match self.organization_id() {
            Some(own) if own != organization_id => Err(Forbidden),
            _ => Ok(()),
        }
    }
}

impl From<MemberActor> for Actor {
    fn from(member: MemberActor) -> Self {
        Self::Member(member)
    }
}

impl MemberActor {
    /// May this member read orders and amounts?
    pub fn billing_reader(&self) -> Result<(), Forbidden> {
        if self.role.can_read_billing() { Ok(()) } else { Err(Forbidden) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T: From<Uuid>>(number: u128) -> T {
        Uuid::from_u128(number).into()
    }

    fn member(role: MemberRole) -> Actor {
        Actor::Member(MemberActor {
            organization_id: id(1),
            customer_id: id(2),
            member_id: id(3),
            role,
            session_id: id(4),
        })
    }

    #[test]
    fn a_plain_member_neither_reads_nor_changes_billing() {
        assert!(member(MemberRole::Owner).billing_writer(id(1)).is_ok());
        assert!(member(MemberRole::BillingManager).billing_writer(id(1)).is_ok());
        assert_eq!(member(MemberRole::Member).billing_writer(id(1)), Err(Forbidden));
        assert_eq!(member(MemberRole::Member).billing_reader(id(1)), Err(Forbidden));
    }

    #[test]
    fn a_pay_link_pays_its_order_and_nothing_else() {
        let payer = Actor::Payer { organization_id: id(1), customer_id: id(2), order_id: id(5) };
        assert_eq!(payer.payer(id(1), id(5)), Ok(()));
        for refused in [
            payer.payer(id(1), id(6)),
            payer.payer(id(9), id(5)),
            payer.reader(id(1)),
            payer.billing_reader(id(1)),
            payer.billing_writer(id(1)),
            payer.staff(id(1)),
        ] {
            assert_eq!(refused, Err(Forbidden));
        }
        assert_eq!((payer.member(), payer.customer_id()), (None, Some(id(2))));
        assert_eq!(member(MemberRole::Owner).payer(id(1), id(5)), Ok(()));
        assert_eq!(member(MemberRole::Member).payer(id(1), id(5)), Err(Forbidden));
    }

    #[test]
    fn nobody_acts_in_another_organization_but_the_system() {
        assert_eq!(member(MemberRole::Owner).billing_reader(id(9)), Err(Forbidden));
        assert_eq!(Actor::System { organization_id: Some(id(1)) }.staff(id(9)), Err(Forbidden));
        assert!(Actor::System { organization_id: None }.staff(id(9)).is_ok());
        assert_eq!(member(MemberRole::Owner).staff(id(1)), Err(Forbidden));
    }
}
