"""Options of campaigns: who is offered what, at most how often, and who is held back."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from pipeline.config.section import Count, Days, Fraction, PathText, Section

CampaignKind = Literal["cross_sell", "viewed_not_bought", "repurchase_due"]
Days0 = Annotated[int, Field(ge=0, le=36500)]
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class Campaign(Section):
    """One campaign."""

    name: str
    """Its name: small letters, digits and _. The control arm hangs on it, so keep it."""
    kind: CampaignKind = "cross_sell"
    """`cross_sell`: the offered items to owners of others that they follow; `viewed_not_bought`: to
    those who keep viewing them; `repurchase_due`: to those whose usual gap has passed."""
    owners: list[str] = []
    """Item ids whose buyers are asked, for `cross_sell`."""
    owner_categories: list[str] = []
    """Categories, with those below, whose buyers are asked, for `cross_sell`; with no item and no
    category the buyers of every item are."""
    offered: list[str] = []
    """Item ids that are offered."""
    offered_categories: list[str] = []
    """Categories, with those below, whose items are offered; with no item and no category every
    item may be."""

    @model_validator(mode="after")
    def _is_sound(self) -> "Campaign":
        if not _NAME.fullmatch(self.name):
            message = f"name: {self.name!r}: write small letters, digits and _"
            raise ValueError(message)
        if self.kind != "cross_sell" and (self.owners or self.owner_categories):
            message = f"owners: {self.kind} asks nobody for what they own; leave them out"
            raise ValueError(message)
        return self


class PriceStep(Section):
    """What may be offered to those with a number of orders."""

    min_orders: Count
    """Orders from which on the step holds, up to the next step."""
    max_price: Annotated[float, Field(ge=0)] | None = None
    """Highest price in the catalogue; null sets none. An item without a price is below none."""


class Channel(Section):
    """How the customers of a segment are reached."""

    segment: str
    """Segment of `rfm_segments`."""
    channel: str
    """Name that is published."""


class Campaigns(Section):
    """Whom to offer what: lists for campaigns, with a control arm."""

    planned: list[Campaign] = []
    """The campaigns; without any no list is made."""
    customers: PathText | None = None
    """CSV with customer_id and consent (yes, true, 1, or no, false, 0, blank; of several lines of
    a customer a no counts); further columns are not read. Who is not in it has not consented."""
    contacts: PathText | None = None
    """CSV with customer_id, contacted_at (a date or ISO 8601) and, where there is one, campaign, of
    who was contacted, or was held back as control; further columns are not read."""
    lookback_days: Days | None = 365
    """Days before as_of in which the owners of `cross_sell` bought; null takes everything."""
    max_q_value: Fraction = 0.05
    """Largest q-value of the row of bought_next or also_bought on which a cross-sell rests."""
    price_ladder: list[PriceStep] = [
        PriceStep(min_orders=1, max_price=999),
        PriceStep(min_orders=2, max_price=1999),
        PriceStep(min_orders=3),
    ]
    """Highest price of an offer by the number of the customer's orders; empty asks nothing."""
    cooling_off_days: Days0 = 14
    """Days after a contact, as_of among them, without an offer; 0 asks nothing."""
    cooling_off_of: Literal["any_campaign", "same_campaign"] = "any_campaign"
    """Contacts that count: all, or those of the same campaign and those that name none."""
    max_offers: Count = 3
    """Offers to one customer, over all campaigns."""
    max_pairs: Count = 20_000_000
    """Owners' items times what goes with them, over all campaigns: more are refused. A million
    takes about seven seconds of processor time."""
    out_of_stock: bool = False
    """Offer items whose stock is zero."""
    half_life_days: Days = 90
    """Days since the customer's last order after which an offer weighs half."""
    prior_customers: Annotated[int, Field(ge=0, le=1_000_000)] = 20
    """Customers by which a share is drawn to what all customers do."""
    max_overdue_days: Days0 = 30
    """Days behind the upper quartile of the repurchase gap up to which a repurchase is due."""
    channels: list[Channel] = []
    """Channels by segment; they need the table rfm_segments."""
    default_channel: str = "email"
    """Channel of everybody else."""
    control_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the customers of a campaign that is held back, to compare with."""
    salt: str = ""
    """Changes who is in the control arm; keep it, and everybody stays in their arm."""

    @model_validator(mode="after")
    def _is_sound(self) -> "Campaigns":
        if self.planned and self.customers is None:
            message = "customers: required: the file that says who has consented"
            raise ValueError(message)
        _refuse_repeated("planned", [one.name for one in self.planned])
        _refuse_repeated("channels", [one.segment for one in self.channels])
        steps = [step.min_orders for step in self.price_ladder]
        if steps and (steps[0] != 1 or sorted(set(steps)) != steps):
            message = "price_ladder: begin with min_orders 1 and give each step more"
            raise ValueError(message)
        return self


def _refuse_repeated(option: str, given: Sequence[str]) -> None:
    for name, count in Counter(given).items():
        if count > 1:
            message = f"{option}: {name!r} is given twice"
            raise ValueError(message)
