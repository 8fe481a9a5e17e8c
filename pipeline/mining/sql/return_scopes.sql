-- one row per customer (order, where the customer is not known) and item with a return
select
    coalesce(customer_code, -1) as scope_customer,
    case when customer_code is null then order_code else -1 end as scope_order,
    sku_code
from order_lines
where is_return and reason is null
group by
    coalesce(customer_code, -1),
    case when customer_code is null then order_code else -1 end,
    sku_code
