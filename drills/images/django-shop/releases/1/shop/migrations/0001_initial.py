"""The shop as it began."""

from django.db import migrations, models

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    """Make the tables."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", KEY),
                ("name", models.CharField(max_length=80)),
                ("slug", models.SlugField(db_index=False, max_length=80)),
                (
                    "parent",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="children", to="shop.category"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", KEY),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("joined", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", KEY),
                ("placed", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[("paid", "paid"), ("sent", "sent"), ("returned", "returned")], max_length=10
                    ),
                ),
                ("customer", models.ForeignKey(on_delete=models.PROTECT, related_name="orders", to="shop.customer")),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", KEY),
                ("name", models.CharField(max_length=120)),
                ("slug", models.SlugField(max_length=120, unique=True)),
                ("price", models.DecimalField(decimal_places=2, max_digits=10)),
                ("stock", models.PositiveIntegerField()),
                ("category", models.ForeignKey(on_delete=models.PROTECT, related_name="products", to="shop.category")),
            ],
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", KEY),
                ("quantity", models.PositiveSmallIntegerField()),
                ("unit_price", models.DecimalField(decimal_places=2, max_digits=10)),
                ("order", models.ForeignKey(on_delete=models.CASCADE, related_name="lines", to="shop.order")),
                ("product", models.ForeignKey(on_delete=models.PROTECT, related_name="lines", to="shop.product")),
            ],
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.UniqueConstraint(fields=("parent", "slug"), name="one_slug_under_a_parent"),
        ),
    ]
