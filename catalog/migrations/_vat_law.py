"""The VAT classes and rates in force: facts of Israeli law, needed by every installation."""

import datetime as dt
from decimal import Decimal


def load_vat(apps, schema_editor):
    vat_class = apps.get_model("catalog", "VatClass")
    vat_rate = apps.get_model("catalog", "VatRate")
    vat_class.objects.bulk_create(
        [
            vat_class(code="STANDARD", name_he="מע״מ רגיל", name_en="Standard rate"),
            vat_class(code="ZERO", name_he="מע״מ בשיעור אפס", name_en="Zero rate"),
        ]
    )
    vat_rate.objects.bulk_create(
        [
            # 17 % from October 2015, 18 % from January 2025 (VAT orders under s. 2 of the law).
            vat_rate(vat_class_id="STANDARD", rate=Decimal(17), valid_from=dt.date(2015, 10, 1)),
            vat_rate(vat_class_id="STANDARD", rate=Decimal(18), valid_from=dt.date(2025, 1, 1)),
            # Fresh fruit and vegetables: s. 30(a)(13) of the VAT law.
            vat_rate(vat_class_id="ZERO", rate=Decimal(0), valid_from=dt.date(1976, 7, 1)),
        ]
    )
