import { TerraformVariable as CdktfVariable } from 'cdktf';

/**
 * A Terraform variable whose default is also written to HCL when it is `""` or `false`. cdktf leaves such values
 * out there, and with them the variable would have to be given.
 */
export class TerraformVariable extends CdktfVariable {
  override synthesizeHclAttributes(): ReturnType<CdktfVariable['synthesizeHclAttributes']> {
    return {
      ...super.synthesizeHclAttributes(),
      ...(this.default !== undefined && { default: { value: this.default as unknown, type: 'any' } }),
      ...(this.nullable !== undefined && {
        nullable: { value: this.nullable, type: 'simple', storageClassType: 'boolean' },
      }),
    };
  }
}
