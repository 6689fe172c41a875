"""The entries, one module per AWS service: functions from property dicts to boto3 calls and back, and the tables that describe them."""
