"""Addresses of bills."""

from django.urls import path

from payments.views import bills, premiums

urlpatterns = [
    path("bills/", bills.Bills.as_view(), name="bills"),
    path("bills/find/", bills.FindBills.as_view(), name="find_bills"),
    path("bills/premiums/", bills.MyPremiums.as_view(), name="my_premiums"),
    path(
        "bills/premiums/household/", premiums.HouseholdPremium.as_view(), name="household_premium"
    ),
    path("bills/premiums/social/", premiums.SocialPremium.as_view(), name="social_premium"),
    path("bills/codes/<str:public_id>/", bills.CustomerCode.as_view(), name="customer_code"),
    path("bills/<str:public_id>/", bills.Bill.as_view(), name="bill"),
]
